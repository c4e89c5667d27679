/** An answer that is an error, in Daytona's envelope. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly source: 'DAYTONA_API' | 'DAYTONA_DAEMON';

  constructor(status: number, message: string, code = 'ERROR', source: ApiError['source'] = 'DAYTONA_API') {
    super(message);
    this.status = status;
    this.code = code;
    this.source = source;
  }

  envelope(): Readonly<Record<string, unknown>> {
    const { status: statusCode, message, code, source } = this;
    return { statusCode, message, error: code, code, source, timestamp: new Date().toISOString() };
  }
}
