"""A queue that answers as a test says: for the answers that a sound queue can't be made to give."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import grpc

from chaos.wire import methods
from chaos.wire import reseolio_pb2 as pb


class Say(Exception):
    """Raised by a behaviour to answer with a status code."""

    def __init__(self, code: grpc.StatusCode) -> None:
        super().__init__(code.name)
        self.code = code


class ScriptedQueue:
    """A server whose answers are functions, set before it is used.

    Attributes:
        enqueue, ack, get, cancel, list_jobs: What the unary calls answer.
        jobs: What every stream of jobs begins with; it stays open after that.
        leaves: Ends every stream of jobs in good order, once it is set.
        poll: Called for every stream of jobs with its first request.
        metadata: The metadata of every ack.
    """

    def __init__(self) -> None:
        self.enqueue: Callable[[pb.EnqueueRequest], pb.EnqueueResponse] = _unimplemented
        self.ack: Callable[[pb.AckRequest], pb.AckResponse] = _unimplemented
        self.get: Callable[[pb.GetJobRequest], pb.Job] = _unimplemented
        self.cancel: Callable[[pb.CancelRequest], pb.CancelResponse] = _unimplemented
        self.list_jobs: Callable[[pb.ListJobsRequest], pb.ListJobsResponse] = _unimplemented
        self.poll: Callable[[pb.PollRequest], None] = lambda _: None
        self.jobs: list[pb.Job] = []
        self.metadata: list[dict[str, str]] = []
        self.requests: list[Any] = []
        self.leaves = threading.Event()
        self._closing = threading.Event()
        self._server = grpc.server(ThreadPoolExecutor(16))
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.add_generic_rpc_handlers((self._handler(),))

    @property
    def acks(self) -> list[pb.AckRequest]:
        """The acks that came so far."""
        return [request for request in self.requests if isinstance(request, pb.AckRequest)]

    def never(self, _: pb.ListJobsRequest) -> pb.ListJobsResponse:
        """An answer that comes after all others, once the server closes."""
        self._closing.wait()
        return pb.ListJobsResponse()

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._closing.set()
        self._server.stop(0).wait()

    def _handler(self) -> grpc.GenericRpcHandler[Any, Any]:
        behaviours = {
            methods.ENQUEUE_JOB: lambda request: self.enqueue(request),
            methods.ACK_JOB: lambda request: self.ack(request),
            methods.GET_JOB: lambda request: self.get(request),
            methods.CANCEL_JOB: lambda request: self.cancel(request),
            methods.LIST_JOBS: lambda request: self.list_jobs(request),
        }
        handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
            method.name: grpc.unary_unary_rpc_method_handler(
                self._answering(behaviour), method.request.FromString, method.response.SerializeToString
            )
            for method, behaviour in behaviours.items()
        }
        handlers[methods.POLL_JOBS.name] = grpc.stream_stream_rpc_method_handler(
            self._stream, pb.PollRequest.FromString, pb.Job.SerializeToString
        )
        return grpc.method_handlers_generic_handler(methods.SERVICE, handlers)

    def _answering(self, behaviour: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
        def answer(request: Any, context: Any) -> Any:
            self.requests.append(request)
            if isinstance(request, pb.AckRequest):
                self.metadata.append(dict(context.invocation_metadata()))
            try:
                return behaviour(request)
            except Say as said:
                context.abort(said.code, "as the test says")

        return answer

    def _stream(self, requests: Iterator[pb.PollRequest], context: Any) -> Iterator[pb.Job]:
        try:
            self.poll(next(requests))
        except Say as said:
            context.abort(said.code, "as the test says")
        yield from self.jobs
        ended = threading.Event()
        context.add_callback(ended.set)
        while not (ended.wait(0.02) or self.leaves.is_set() or self._closing.is_set()):
            pass


def _unimplemented(_: Any) -> Any:
    raise Say(grpc.StatusCode.UNIMPLEMENTED)
