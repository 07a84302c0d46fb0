"""A queue that can open no further file: it serves those who are connected, and takes others once it can."""

from __future__ import annotations

import sys

import grpc
import psutil
import pytest

from chaos.processes.limits import FileLimit, file_limit, first_free_number, set_file_limit
from chaos.wire import methods
from chaos.wire import reseolio_pb2 as pb
from tests.systems.reference.served import Served

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of a live process: Linux only")


def test_who_is_connected_is_served_and_who_comes_is_taken_in_later(served: Served) -> None:
    process = psutil.Process(served.process.pid)
    worker = served.worker()
    ids = [served.enqueue()]
    worker.ack(worker.take())
    own = file_limit(process)
    set_file_limit(process, FileLimit(first_free_number(process), own.hard))

    with served.channel() as newcomer:
        ask = newcomer.unary_unary(
            methods.LIST_JOBS.path,
            request_serializer=pb.ListJobsRequest.SerializeToString,
            response_deserializer=pb.ListJobsResponse.FromString,
        )
        with pytest.raises(grpc.RpcError):
            ask(pb.ListJobsRequest(limit=1), timeout=0.3)
        for _ in range(20):
            ids.append(served.enqueue())
            worker.ack(worker.take())
        assert served.process.poll() is None

        set_file_limit(process, own)

        assert ask(pb.ListJobsRequest(limit=1), timeout=5, wait_for_ready=True).jobs
    assert {served.get(job_id).status for job_id in ids} == {pb.JOB_STATUS_SUCCESS}
