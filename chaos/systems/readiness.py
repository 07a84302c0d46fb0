"""Asking a core of the wire contract whether it answers."""

from __future__ import annotations

_ANSWER_WITHIN_S = 1.0
# A subchannel of its own: a shared one would remember earlier failures and wait before it connects again.
_OPTIONS = (("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0))


async def lists_jobs(address: str, within_s: float = _ANSWER_WITHIN_S) -> bool:
    """Whether the core at `host:port` answers `ListJobs` over a new connection within this time."""
    # Imported here, because a system is also imported to read an experiment file, and gRPC takes its time.
    import grpc.aio

    from chaos.wire import reseolio_pb2 as pb
    from chaos.wire.methods import LIST_JOBS

    async with grpc.aio.insecure_channel(address, options=_OPTIONS) as channel:
        ask = channel.unary_unary(
            LIST_JOBS.path,
            request_serializer=pb.ListJobsRequest.SerializeToString,
            response_deserializer=pb.ListJobsResponse.FromString,
        )
        try:
            await ask(pb.ListJobsRequest(limit=1), timeout=within_s, wait_for_ready=False)
        except grpc.aio.AioRpcError:
            return False
        return True
