"""Turns refusals and faults into application/problem+json (RFC 9457, contract.batch.Problem)."""

import logging

import psycopg
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from cloud.problems import CloudProblem
from contract.batch import Problem

log = logging.getLogger(__name__)


def add_problem_handlers(app: FastAPI) -> None:
    """Make every error of an application a Problem."""
    app.add_exception_handler(CloudProblem, _expected)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(psycopg.DataError, _unstorable)
    app.add_exception_handler(Exception, _fault)


async def _expected(_request: Request, error: Exception) -> Response:
    assert isinstance(error, CloudProblem)
    headers = {} if error.retry_after_s is None else {"Retry-After": str(error.retry_after_s)}
    problem = Problem(
        title=error.title, status=error.status, detail=error.detail, expected_seq=error.expected_seq
    )
    return _response(problem, headers)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return _response(Problem(title="Malformed", status=422, detail=f"{place}: {first['msg']}"), {})


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    problem = Problem(title=error.detail, status=error.status_code, detail=f"{error.detail}.")
    return _response(problem, dict(error.headers or {}))


async def _unstorable(_request: Request, error: Exception) -> Response:
    """PostgreSQL's texts hold no NUL, says psycopg; the server's own errors are of subclasses, and faults."""
    if type(error) is not psycopg.DataError or "NUL" not in str(error):
        raise error
    detail = "a text in this request holds the character NUL; leave it out"
    return _response(Problem(title="Malformed", status=422, detail=detail), {})


async def _fault(request: Request, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    detail = "a fault on this side; it is in the log. Keep what you have and send it again later."
    return _response(Problem(title="Fault", status=500, detail=detail), {"Retry-After": "30"})


def _response(problem: Problem, headers: dict[str, str]) -> Response:
    return Response(
        problem.model_dump_json(exclude_none=True),
        status_code=problem.status,
        headers=headers,
        media_type="application/problem+json",
    )
