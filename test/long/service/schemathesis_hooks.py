"""Loaded by Schemathesis: what no schema can say."""

import itertools

import schemathesis

numbers = itertools.count(1)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Plans under one execution_id are one: without another id most would only be told of the first."""
    body = case.body
    if case.path != "/execute" or not isinstance(body, dict) or not isinstance(body.get("execution_id"), str):
        return
    number = next(numbers)
    if number % 4 == 0 and 0 < len(body["execution_id"].strip()) < 500:
        case.body = {**body, "execution_id": f"{body['execution_id']}-{number}"}
