"""The generated messages are those of the contract that lies at the top of the project."""

from pathlib import Path

from google.protobuf import descriptor_pb2
from grpc_tools import protoc

from chaos.wire import methods
from chaos.wire import reseolio_pb2 as pb

PROTO = Path(__file__).parent.parent / "proto" / "reseolio.proto"


def _described(tmp_path: Path) -> descriptor_pb2.FileDescriptorProto:
    out = tmp_path / "set.pb"
    code = protoc.main(["protoc", f"-I{PROTO.parent}", f"--descriptor_set_out={out}", str(PROTO)])
    assert code == 0
    return descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file[0]


def test_the_generated_messages_are_current(tmp_path: Path) -> None:
    generated = descriptor_pb2.FileDescriptorProto.FromString(pb.DESCRIPTOR.serialized_pb)
    described = _described(tmp_path)
    for message in described.message_type:
        for field in message.field:
            field.ClearField("json_name")  # which only one of the two writes out
    assert generated == described


def test_the_table_of_methods_is_the_service_of_the_contract(tmp_path: Path) -> None:
    service = _described(tmp_path).service[0]
    told = {
        (
            method.name,
            method.input_type.split(".")[-1],
            method.output_type.split(".")[-1],
            method.client_streaming,
        )
        for method in service.method
    }
    written = {
        (
            method.name,
            method.request.DESCRIPTOR.name,
            method.response.DESCRIPTOR.name,
            method.shape is methods.Shape.BIDIRECTIONAL,
        )
        for method in methods.METHODS
    }
    assert written == told
    assert service.name == "Reseolio"
