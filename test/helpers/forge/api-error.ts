/** An answer that ends a request: thrown anywhere, sent by the server. */
export class ApiError extends Error {
  readonly status: number;
  readonly errors: readonly unknown[] | undefined;
  constructor(status: number, message: string, errors?: readonly unknown[]) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

export const notFound = (): ApiError => new ApiError(404, 'Not Found');

/** GitHub's 422 about one field. */
export function invalidField(resource: string, field: string, code: string, message?: string): ApiError {
  return new ApiError(422, 'Validation Failed', [
    { resource, field, code, ...(message === undefined ? {} : { message }) },
  ]);
}

export function requireLength(resource: string, field: string, value: unknown, limit: number): void {
  if (typeof value !== 'string' || value.length <= limit) return;
  throw invalidField(resource, field, 'custom', `${field} is too long (maximum is ${limit} characters)`);
}
