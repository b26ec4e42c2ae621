"""grpcio around scikit-learn, as teams write it: TF-IDF over words and word
pairs, logistic regression for each task, answers in Parley's own schema but
without spans. Trained on training/corpus if it is there, otherwise on made-up
sentences; the speed is the same.

Needs python3-grpcio, python3-protobuf and python3-sklearn of Debian, and the
stubs that examples/clients/python/generate.sh makes; server/bench/python.sh
installs and makes them.
"""
import concurrent.futures
import json
import os
import pathlib
import random
import sys

import grpc
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "examples/clients/python/gen"))
from parley.v1 import classifier_pb2 as pb  # noqa: E402
from parley.v1 import classifier_pb2_grpc as rpc  # noqa: E402

STANCES = ["favor", "against", "neutral", "unrelated"]
TONES = ["cooperative", "confrontational", "neutral"]


def rows():
    for path in sorted((ROOT / "training/corpus").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            r = json.loads(line)
            if r.get("stance") in STANCES and r.get("tone") in TONES:
                yield r["text"], r["stance"], r["tone"]


def made_up():
    rng = random.Random(1)
    words = ["w%d" % i for i in range(5000)]
    for _ in range(3000):
        yield " ".join(rng.choices(words, k=70)), rng.choice(STANCES), rng.choice(TONES)


class Classifier(rpc.ClassifierServiceServicer):
    def __init__(self):
        data = list(rows()) or list(made_up())
        texts, stances, tones = zip(*data)
        self.vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        x = self.vectorizer.fit_transform(texts)
        self.stance = LogisticRegression(max_iter=200).fit(x, [STANCES.index(s) for s in stances])
        self.tone = LogisticRegression(max_iter=200).fit(x, [TONES.index(t) for t in tones])

    def score(self, documents):
        texts = [d.content for d in documents]
        x = self.vectorizer.transform(texts)
        for d, s, t in zip(documents, self.stance.predict_proba(x), self.tone.predict_proba(x)):
            p = pb.Paragraph(text=d.content, span=pb.Span(start=0, end=len(d.content)))
            p.stance.label = int(s.argmax()) + 1
            p.stance.confidence = s.max()
            p.stance.probabilities.extend(pb.StanceProbability(label=i + 1, probability=v) for i, v in enumerate(s))
            p.tone.label = int(t.argmax()) + 1
            p.tone.confidence = t.max()
            p.tone.probabilities.extend(pb.ToneProbability(label=i + 1, probability=v) for i, v in enumerate(t))
            yield pb.DocumentResult(id=d.id, paragraphs=[p])

    def Classify(self, request, context):
        return pb.ClassifyResponse(result=next(self.score([request.document])))

    def StreamClassify(self, requests, context):
        for n, r in enumerate(requests):
            items = [pb.BatchItem(index=i, result=d) for i, d in enumerate(self.score(r.documents))]
            yield pb.StreamClassifyResponse(id=r.id, sequence=n, result=pb.BatchClassifyResponse(items=items))


def main():
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() * 2))
    rpc.add_ClassifierServiceServicer_to_server(Classifier(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print("listening on 127.0.0.1:%d" % port, file=sys.stderr, flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
