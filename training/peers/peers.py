"""Trains scikit-learn's peers of Parley: peers.py DIR.

Reads DIR/LANG.train.jsonl and DIR/LANG.test.jsonl and writes
DIR/NAME.LANG.TASK.out, a label a line. The penalty is chosen by cross-validation
on the training rows, grouped by article.
"""

import json
import sys
import warnings

from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import FeatureUnion
from sklearn.svm import LinearSVC

SEED = 1
FOLDS = 3
LEARNERS = {
    "sklearn-lr": (
        lambda c: LogisticRegression(
            C=c, solver="liblinear", class_weight="balanced", max_iter=200, random_state=SEED
        ),
        [1, 10],
    ),
    "sklearn-svm": (
        lambda c: LinearSVC(C=c, class_weight="balanced", max_iter=2000, random_state=SEED),
        [0.1, 0.5, 2],
    ),
}


def features():
    return FeatureUnion(
        [
            ("word", TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)),
            ("char", TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=3, sublinear_tf=True, max_features=100000)),
        ]
    )


def read(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def main(directory):
    warnings.filterwarnings("ignore", category=ConvergenceWarning)
    for lang in ["en", "ar"]:
        train, test = read(f"{directory}/{lang}.train.jsonl"), read(f"{directory}/{lang}.test.jsonl")
        texts, groups = [r["text"] for r in train], [r["group"] for r in train]
        folds = []
        for inside, outside in GroupKFold(FOLDS).split(texts, groups=groups):
            v = features()
            x = v.fit_transform([texts[i] for i in inside])
            folds.append((inside, outside, x, v.transform([texts[i] for i in outside])))
        v = features()
        x = v.fit_transform(texts)
        z = v.transform([r["text"] for r in test])
        for task in ["stance", "tone"]:
            y = [r[task] for r in train]
            for name, (make, grid) in LEARNERS.items():
                score = {}
                for c in grid:
                    parts = []
                    for inside, outside, a, b in folds:
                        clf = make(c).fit(a, [y[i] for i in inside])
                        parts.append(f1_score([y[i] for i in outside], clf.predict(b), average="macro"))
                    score[c] = sum(parts) / len(parts)
                best = max(grid, key=lambda c: score[c])
                print(f"{name} {lang} {task}: C={best}", {c: round(s, 3) for c, s in score.items()}, flush=True)
                answer = make(best).fit(x, y).predict(z)
                with open(f"{directory}/{name}.{lang}.{task}.out", "w", encoding="utf-8") as f:
                    f.writelines(label + "\n" for label in answer)


if __name__ == "__main__":
    main(sys.argv[1])
