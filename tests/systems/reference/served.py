"""What the tests use to run a queue as a process and to talk to it as producers and workers do."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc

from chaos.processes.ports import LOOPBACK, free_port
from chaos.wire import methods
from chaos.wire import reseolio_pb2 as pb

WITHIN_S = 10.0

Item = TypeVar("Item")


class Served:
    """A queue process, which can be stopped in every way and started again on the same directory and port."""

    def __init__(self, data: Path, *, defect: str | None = None, missed: str = "once") -> None:
        self.data = data
        self.log_path = data.with_suffix(".log")
        self.address = f"{LOOPBACK}:{free_port()}"
        self._defect = defect
        self._missed = missed
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: grpc.Channel | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.disconnect()
        if self._process is not None:
            self.kill()

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process that runs now."""
        assert self._process is not None
        return self._process

    def command(self) -> list[str]:
        """What starts it."""
        defect = [] if self._defect is None else ["--defect", self._defect]
        module = [sys.executable, "-m", "chaos.systems.reference"]
        place = ["--listen", self.address, "--data", str(self.data)]
        return [*module, *place, "--missed", self._missed, *defect]

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(self.command(), stderr=log)
        self._connect()
        self.list(limit=1)

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait(WITHIN_S)

    def crash(self) -> None:
        """SIGKILL, and start again."""
        self.kill()
        self.start()

    def stop(self) -> int:
        """SIGTERM; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WITHIN_S)

    def log(self) -> list[dict[str, Any]]:
        """What it has logged."""
        return [json.loads(line) for line in self.log_path.read_text().splitlines()]

    def disconnect(self) -> None:
        """Close the connection that all calls and streams of this object go through."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def _connect(self) -> None:
        self.disconnect()
        self._channel = self.channel()

    def channel(self) -> grpc.Channel:
        """A connection of its own."""
        options = (("grpc.use_local_subchannel_pool", 1), ("grpc.initial_reconnect_backoff_ms", 50))
        return grpc.insecure_channel(self.address, options=options)

    def call(self, method: methods.Method, request: Any, **options: Any) -> Any:
        """One unary call."""
        assert self._channel is not None
        stub = self._channel.unary_unary(
            method.path,
            request_serializer=method.request.SerializeToString,
            response_deserializer=method.response.FromString,
        )
        return stub(request, timeout=WITHIN_S, wait_for_ready=True, **options)

    def enqueue(self, args: bytes = b"", *, name: str = "job", key: str = "", **options: Any) -> str:
        """Enqueue a job; returns its id."""
        job_id: str = self.enqueued(args, name=name, key=key, **options).job_id
        return job_id

    def enqueued(self, args: bytes = b"", *, name: str = "job", key: str = "", **options: Any) -> Any:
        """Enqueue a job; returns the whole answer."""
        request = pb.EnqueueRequest(
            name=name, args=args, idempotency_key=key, options=pb.JobOptions(**options)
        )
        return self.call(methods.ENQUEUE_JOB, request)

    def ack(self, job: Any, *, worker: str | None = None, **result: Any) -> Any:
        """Acknowledge a job that was handed out; without `worker`, the ack doesn't say whose attempt it means."""
        metadata = None if worker is None else (("worker-id", worker), ("attempt", str(job.attempt)))
        request = pb.AckRequest(job_id=job.id, result=pb.AckResult(**({"success": True} | result)))
        return self.call(methods.ACK_JOB, request, metadata=metadata)

    def get(self, job_id: str) -> Any:
        """A job as the queue tells it."""
        return self.call(methods.GET_JOB, pb.GetJobRequest(job_id=job_id))

    def cancel(self, job_id: str) -> Any:
        """Cancel a job."""
        return self.call(methods.CANCEL_JOB, pb.CancelRequest(job_id=job_id))

    def retry(self, job_id: str) -> Any:
        """Let a dead job run again."""
        return self.call(methods.RETRY_JOB, pb.RetryRequest(job_id=job_id))

    def schedule(self, cron: str, *, name: str = "job", timezone: str = "", args: bytes = b"") -> Any:
        """Create a schedule."""
        request = pb.CreateScheduleRequest(name=name, cron_expression=cron, timezone=timezone, args=args)
        return self.call(methods.CREATE_SCHEDULE, request)

    def fires(self, name: str = "job") -> list[int]:
        """When a schedule has fired, in Unix milliseconds."""
        return [job.created_at for job in self.list(names=[name], limit=1000, ascending=True).jobs]

    def list(self, **query: Any) -> Any:
        """A page of jobs."""
        return self.call(methods.LIST_JOBS, pb.ListJobsRequest(**query))

    def worker(
        self, worker_id: str = "worker-1", *, concurrency: int = 1, names: tuple[str, ...] = ()
    ) -> Worker:
        """A worker that has registered."""
        request = pb.PollRequest(worker_id=worker_id, concurrency=concurrency, names=names)
        return Worker(self, worker_id, Stream(self.channel(), methods.POLL_JOBS, request))

    def subscriber(self, *job_ids: str) -> Stream:
        """A stream that hears of the end of these jobs."""
        return Stream(self.channel(), methods.SUBSCRIBE_TO_JOBS, pb.SubscribeRequest(job_ids=job_ids))


class Stream:
    """A call that streams both ways, over a connection of its own."""

    def __init__(self, channel: grpc.Channel, method: methods.Method, first: Any) -> None:
        self._channel = channel
        self._requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._requests.put(first)
        stub = channel.stream_stream(
            method.path,
            request_serializer=method.request.SerializeToString,
            response_deserializer=method.response.FromString,
        )
        self._call: Any = stub(iter(self._requests.get, None), wait_for_ready=True)
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self) -> None:
        try:
            for answer in self._call:
                self._answers.put(answer)
        except grpc.RpcError as error:
            self._answers.put(error)
        else:
            self._answers.put(None)

    def send(self, request: Any) -> None:
        """Say something more."""
        self._requests.put(request)

    def next(self, within_s: float = WITHIN_S) -> Any:
        """What comes next.

        Raises:
            AssertionError: Nothing comes within this time.
            grpc.RpcError: The stream ended with an error.
        """
        try:
            answer = self._answers.get(timeout=within_s)
        except queue.Empty:
            raise AssertionError(f"nothing came within {within_s} s") from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def is_silent(self, for_s: float = 0.2) -> bool:
        """Whether nothing comes for this long."""
        try:
            self._answers.get(timeout=for_s)
        except queue.Empty:
            return True
        return False

    def say_no_more(self) -> None:
        """Close this side of the stream, and go on listening."""
        self._requests.put(None)

    def cut(self) -> None:
        """Close the connection without a word."""
        self._call.cancel()
        self._requests.put(None)
        self._channel.close()


class Worker:
    """A worker that does what the test tells it."""

    def __init__(self, served: Served, worker_id: str, stream: Stream) -> None:
        self._served = served
        self._stream = stream
        self.worker_id = worker_id

    def take(self, within_s: float = WITHIN_S) -> Any:
        """The next job handed to it."""
        return self._stream.next(within_s)

    def is_idle(self, for_s: float = 0.2) -> bool:
        """Whether it gets nothing for this long."""
        return self._stream.is_silent(for_s)

    def change(self, **request: Any) -> None:
        """Register anew on the same stream."""
        self._stream.send(pb.PollRequest(worker_id=self.worker_id, **request))

    def ack(self, job: Any, **result: Any) -> Any:
        """Acknowledge a job as this worker's."""
        return self._served.ack(job, worker=self.worker_id, **result)

    def fail(self, job: Any, *, should_retry: bool = True) -> Any:
        """Acknowledge a job as failed."""
        return self.ack(job, success=False, should_retry=should_retry, error="it failed")

    def say_no_more(self) -> None:
        """Close this side of the stream, and go on listening."""
        self._stream.say_no_more()

    def cut(self) -> None:
        """Lose the connection."""
        self._stream.cut()


def refusal(call: Callable[[], object]) -> grpc.StatusCode:
    """The status with which a call is refused.

    Raises:
        AssertionError: It is not.
    """
    try:
        answer = call()
    except grpc.RpcError as error:
        code: grpc.StatusCode = error.code()
        return code
    raise AssertionError(f"it was answered with {answer}")


def pages(served: Served, size: int, **query: Any) -> Iterator[Any]:
    """All jobs of a list, page by page."""
    offset = 0
    while jobs := served.list(limit=size, offset=offset, **query).jobs:
        yield from jobs
        offset += size
