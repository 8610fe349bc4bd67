"""`avvik score`: tables in the forms analysts have, what is said of them, and clear refusals."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flows.cli import main


def table(n: int = 60) -> pd.DataFrame:
    random = np.random.default_rng(2)
    frame = pd.DataFrame({
        "Utförare": [f"U{i:03d}" for i in range(n)], "Belopp": (random.lognormal(10, 0.5, n)).round(2),
        "Andel manuella": random.beta(2, 20, n).round(4), "Ort": ["Nord", "Syd"] * (n // 2), "Fel": "nej",
    })
    frame.loc[7, ["Andel manuella", "Fel"]] = [0.95, "ja"]
    return frame


def swedish(path: Path, frame: pd.DataFrame) -> Path:
    """Semicolons, decimal comma, Windows-1252, thousands by blanks, a missing value written out."""
    text = frame.astype({"Belopp": object})
    text["Belopp"] = [f"{value:,.2f}".replace(",", " ").replace(".", ",") for value in frame["Belopp"]]
    text.loc[3, "Belopp"] = "saknas"
    path.write_bytes(text.to_csv(sep=";", decimal=",", index=False).encode("cp1252"))
    return path


def test_a_swedish_table_is_ranked_and_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "ranked.csv"
    source = swedish(tmp_path / "t.csv", table())
    assert main(["score", str(source), "--id", "utförare", "--label", "Fel", "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert "60 rows compared in 2 columns: Belopp, Andel manuella" in told
    assert "texts are not compared (--group compares within one): Ort" in told
    assert "auroc" in told and "1.000" in told
    with out.open(encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    assert len(rows) == 60
    assert rows[0]["id"] == "U007" and rows[0]["percentile"] == "100.0"
    assert rows[0]["reason_1"].startswith("Andel manuella 0.95 (median ")
    assert rows[0]["feature_1"] == "Andel manuella" and float(rows[0]["points_1"]) > 1
    assert rows[0]["reason_1"].endswith(f"+{float(rows[0]['points_1']):.2f}")
    assert out.stat().st_mode & 0o777 == 0o600
    first = out.read_bytes()
    assert main(["score", str(source), "--id", "utförare", "--out", str(out)]) == 0
    assert out.read_bytes() == first


def test_size_is_a_baseline_and_no_feature(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "t.parquet"
    table().to_parquet(source)
    assert main(["score", str(source), "--id", "Utförare", "--size", "Belopp", "--label", "Fel", "--group", "Ort"]) == 0
    told = capsys.readouterr().out
    assert "in 1 columns: Andel manuella" in told
    assert all(f"size    {inside} " in told for inside in ("all", "Q1", "Q4"))
    assert "   1  U007  p100.00" in told and "n 30)" in told


def test_columns_can_be_left_out_and_repeated_ids_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, frame = tmp_path / "t.csv", table()
    frame["Utförare"] = [f"U{i // 2}" for i in range(60)]
    frame.to_csv(source, index=False)
    assert main(["score", str(source), "--id", "Utförare", "--leave-out", "belopp", "--repeats"]) == 0
    told = capsys.readouterr().out
    assert "in 1 columns: Andel manuella" in told and "left out as asked: belopp" in told
    assert "30 rows repeat an id" in told


def test_a_packed_file_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "t.csv.gz"
    source.write_bytes(gzip.compress(table().to_csv(index=False).encode()))
    assert main(["score", str(source), "--id", "Utförare"]) == 0
    assert "U007" in capsys.readouterr().out


@pytest.mark.parametrize("arguments, code, message", [
    (["--id", "Utforare"], 2, "did you mean 'Utförare'?"),
    (["--id", "Utförare", "--size", "Beloop"], 2, "did you mean 'Belopp'?"),
    (["--id", "Utförare", "--size", "Utförare"], 2, "different columns"),
    (["--id", "Ort"], 2, "t.csv, column 'Ort': 58 rows repeat an id, the first is data row 3. Make one row"),
    (["--id", "Utförare", "--label", "Ort"], 2, "t.csv, column 'Ort', data row 1: a label must be"),
    (["--id", "Utförare", "--out", "no/such/folder.csv"], 2, "name a file in an existing folder"),
    (["--id", "Utförare", "--size", "Ort"], 2, "--size Ort"),
])
def test_wrong_columns_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int,
                                 message: str) -> None:
    assert main(["score", str(swedish(tmp_path / "t.csv", table())), *arguments]) == code
    told = capsys.readouterr().err
    assert message in told
    assert "Nord" not in told


def test_what_cannot_be_scored_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "t.csv"
    assert main(["score", str(source), "--id", "x"]) == 2
    table()[["Utförare", "Ort"]].to_csv(source, index=False)
    assert main(["score", str(source), "--id", "Utförare"]) == 2
    table()[:20].to_csv(source, index=False)
    assert main(["score", str(source), "--id", "Utförare"]) == 2
    source.write_bytes(b"%PDF-1.4 not a table at all\n" * 9)
    assert main(["score", str(source), "--id", "Utförare"]) == 2
    told = capsys.readouterr().err
    assert [part in told for part in ("no such file", "no numeric column", "20 rows are too few", "neither CSV nor")] \
        == [True] * 4


def test_personal_identity_numbers_are_refused_and_not_repeated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def checked(nine: str) -> str:
        digits = [int(sign) * (2 - place % 2) for place, sign in enumerate(nine)]
        return f"{nine[:6]}-{nine[6:]}{-sum(d // 10 + d % 10 for d in digits) % 10}"

    frame = table()
    frame["Utförare"] = [checked(f"7{i % 10}0{i % 9 + 1}{i % 18 + 10}{i:03d}") for i in range(60)]
    source = tmp_path / "t.csv"
    frame.to_csv(source, index=False)
    assert main(["score", str(source), "--id", "Utförare"]) == 2
    told = capsys.readouterr()
    assert "'Utförare'" in told.err
    assert frame["Utförare"][0] not in told.err + told.out


def test_dirt_in_the_table_is_named_with_file_column_and_remedy(tmp_path: Path,
                                                               capsys: pytest.CaptureFixture[str]) -> None:
    source, frame = tmp_path / "t.csv", table()
    for heading, cells, message in (
        ("Belopp", ["okänd"] * 5 + [str(i) for i in range(55)], "5 of 60 filled cells are no number, the first in data "
         "row 1. Mend them, or --leave-out"),
        ("Utförare", [None, *frame["Utförare"][1:]], "1 rows have no id, the first is data row 1. Give them one"),
        ("Fel", ["ja", "nej", "kanske"] * 20, "data row 3: a label must be"),
        ("Fel", ["nej"] * 60, "every label is the same"),
    ):
        frame.assign(**{heading: cells}).to_csv(source, index=False)
        assert main(["score", str(source), "--id", "Utförare", "--label", "Fel"]) == 2
        told = capsys.readouterr().err
        assert f"t.csv, column {heading!r}" in told and message in told
        assert "okänd" not in told and "kanske" not in told


def test_constants_numbers_that_name_and_unknown_labels_are_told(tmp_path: Path,
                                                                capsys: pytest.CaptureFixture[str]) -> None:
    source, frame = tmp_path / "t.csv", table().assign(år=2026, nr=range(1, 61))
    frame.loc[[1, 2], "Fel"] = None
    frame.to_csv(source, index=False)
    assert main(["score", str(source), "--id", "Utförare", "--label", "Fel"]) == 0
    told = capsys.readouterr().out
    assert "in 3 columns: Belopp, Andel manuella, nr" in told and "the same in every row, left out: år" in told
    assert "--leave-out if they measure nothing: nr" in told
    assert "2 rows without a label are ranked but not measured" in told and " 58 " in told
