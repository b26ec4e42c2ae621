"""How a Python program calls parleyd.

    sh examples/clients/python/generate.sh          # once: makes gen/ from proto/
    python3 examples/clients/python/client.py 127.0.0.1:50051

Needs grpcio and protobuf, from PyPI or from Debian (python3-grpcio, python3-protobuf).
"""
import importlib.util
import pathlib
import sys

import grpc

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "gen"))
from google.rpc import error_details_pb2 as details  # noqa: E402
from parley.v1 import classifier_pb2 as pb  # noqa: E402
from parley.v1 import classifier_pb2_grpc as rpc  # noqa: E402


def load(name, path):
    """Imports a generated module whose package name, grpc, is that of grpcio."""
    spec = importlib.util.spec_from_file_location(name, HERE / "gen" / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


health = load("health_pb2", "grpc/health/v1/health_pb2.py")

TEXTS = [
    "The minister thanked the Syrian president and promised more aid.",
    "The council condemned the regime of Assad for shelling the market.",
    "اجتمع الوفدان في جنيف واتفقا على هدنة.",
]

# Offsets in code points are those by which Python slices.
OPTIONS = pb.ClassifyOptions(encoding=pb.ENCODING_TYPE_UTF32)


def show(result):
    for p in result.paragraphs:
        print(f"  {result.id}: stance {pb.Stance.Name(p.stance.label)} ({p.stance.confidence:.2f}),"
              f" tone {pb.Tone.Name(p.tone.label)} ({p.tone.confidence:.2f})")
        for e in p.stance.evidence:
            assert p.text[e.span.start:e.span.end] == e.text


def classify(stub):
    r = stub.Classify(pb.ClassifyRequest(document=pb.Document(id="one", content=TEXTS[0]), options=OPTIONS), timeout=5)
    print("classify: answered by", r.result.model)
    show(r.result)


def batch(stub):
    docs = [pb.Document(id="a", content=TEXTS[0]), pb.Document(id="b", content=""), pb.Document(id="c", content=TEXTS[2])]
    print("batch:")
    for item in stub.BatchClassify(pb.BatchClassifyRequest(documents=docs, options=OPTIONS), timeout=5).items:
        if item.HasField("error"):
            print(f"  document {item.index}: {item.error.reason} at {item.error.field}: {item.error.message}")
        else:
            show(item.result)


def stream(stub):
    def messages():
        # grpcio takes the next message only when the last has been passed on, and
        # HTTP/2 holds it back while the server is behind.
        for i in range(100):
            yield pb.StreamClassifyRequest(id=str(i), documents=[pb.Document(id="d", content=TEXTS[i % len(TEXTS)])], options=OPTIONS)

    answers = 0
    for r in stub.StreamClassify(messages(), timeout=30):
        assert r.sequence == answers
        answers += 1
    print("stream:", answers, "answers")


def failure(stub):
    try:
        stub.Classify(pb.ClassifyRequest(document=pb.Document(content="x"), options=pb.ClassifyOptions(model="no-such-model")), timeout=5)
    except grpc.RpcError as e:
        print("failure:", e.code().name)
        raw = dict(e.trailing_metadata()).get("grpc-status-details-bin", b"")
        for any_ in details.Status.FromString(raw).details:
            for kind in (details.ErrorInfo, details.BadRequest, details.RetryInfo):
                d = kind()
                if any_.Unpack(d):
                    print("  ", str(d).replace("\n", " ").strip(), sep="")


def main(addr):
    config = (HERE.parents[2] / "docs/deploy/service-config.json").read_text()
    options = [("grpc.service_config", config), ("grpc.max_receive_message_length", 64 << 20)]
    with grpc.insecure_channel(addr, options) as channel:
        stub = rpc.ClassifierServiceStub(channel)
        for step in (classify, batch, stream, failure):
            step(stub)
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health.HealthCheckRequest.SerializeToString,
            response_deserializer=health.HealthCheckResponse.FromString,
        )
        h = check(health.HealthCheckRequest(service="parley.v1.ClassifierService"), timeout=5)
        print("health:", health.HealthCheckResponse.ServingStatus.Name(h.status))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:50051")
