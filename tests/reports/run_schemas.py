"""The columns of the files of a run that the reports read."""

from __future__ import annotations

import pyarrow as pa

FINDINGS = pa.schema([
    ("finding_id", pa.string()), ("detector_id", pa.string()), ("detector_version", pa.string()),
    ("kind", pa.string()), ("concept", pa.string()), ("domain", pa.string()), ("subject_type", pa.string()),
    ("subject_id", pa.string()), ("period_from", pa.date32()), ("period_to", pa.date32()),
    ("strength", pa.float64()), ("amount_sek", pa.decimal128(14, 2)), ("amount_kind", pa.string()),
    ("facts", pa.string()), ("n_evidence", pa.int32()),
    ("evidence", pa.list_(pa.struct([("dataset", pa.string()), ("file", pa.string()), ("line", pa.int64())]))),
    ("link_group", pa.string())])
RANKED = pa.schema([
    ("rank", pa.int32()), ("rank_in_type", pa.int32()), ("subject_type", pa.string()),
    ("subject_id", pa.string()), ("score", pa.float64()), ("amount_sek", pa.decimal128(14, 2)),
    ("contributions", pa.list_(pa.struct([("detector_id", pa.string()), ("points", pa.float64())]))),
    ("concepts", pa.list_(pa.string())), ("state", pa.string()), ("first_seen", pa.date32()),
    ("link_group", pa.string()), ("groups", pa.list_(pa.string())), ("case_id", pa.string()), ("place", pa.int32()),
    ("back_because", pa.string()), ("listed", pa.bool_())])
CASES = pa.schema([
    ("case_id", pa.string()), ("subject_type", pa.string()), ("subject_id", pa.string()), ("state", pa.string()),
    ("why", pa.string()), ("first_seen", pa.date32()), ("last_seen", pa.date32()), ("rank", pa.int32()),
    ("score", pa.float64()), ("severity", pa.int32()),
    ("findings", pa.list_(pa.struct([
        ("finding_id", pa.string()), ("detector_id", pa.string()), ("kind", pa.string()), ("severity", pa.int32()),
        ("strength", pa.float64()), ("amount_sek", pa.decimal128(14, 2)), ("n_evidence", pa.int32())]))),
    ("history", pa.list_(pa.struct([("night", pa.date32()), ("rank", pa.int32()), ("score", pa.float64()),
                                    ("state", pa.string())]))),
    ("outcome", pa.string()), ("outcome_on", pa.date32()), ("outcome_group", pa.string()),
    ("snooze_owner", pa.string()), ("snooze_reason", pa.string()), ("snooze_until", pa.date32()),
    ("back_because", pa.string()), ("groups", pa.list_(pa.string()))])
LINKS = pa.schema([
    ("link_group", pa.string()), ("token_kind", pa.string()), ("token", pa.string()), ("subject_type", pa.string()),
    ("subject_id", pa.string()), ("weight", pa.float64()), ("n_subjects", pa.int32()), ("dataset", pa.string()),
    ("file", pa.string()), ("line", pa.int64())])
EVIDENCE = pa.schema([
    ("finding_id", pa.string()), ("ord", pa.int32()), ("dataset", pa.string()), ("file", pa.string()),
    ("line", pa.int64()), ("key", pa.string()), ("happened_at", pa.timestamp("us")),
    ("amount_sek", pa.decimal128(14, 2)), ("values", pa.string())])
PEERS = pa.schema([
    ("finding_id", pa.string()), ("feature", pa.string()), ("own", pa.float64()), ("peer_median", pa.float64()),
    ("peer_q1", pa.float64()), ("peer_q3", pa.float64()), ("peer_p95", pa.float64()), ("peer_n", pa.int32()),
    ("peer_group", pa.string()), ("contribution", pa.float64())])
SUBJECTS = pa.schema([("subject_type", pa.string()), ("subject_id", pa.string()), ("name", pa.string()),
                      ("facts", pa.string())])
LEDGER = pa.schema([
    ("detector_id", pa.string()), ("detector_version", pa.string()), ("domain", pa.string()),
    ("kind", pa.string()), ("status", pa.string()), ("outcome", pa.string()), ("reason", pa.string()),
    ("reason_en", pa.string()), ("population", pa.int64()), ("evaluated", pa.int64()), ("excluded", pa.int64()),
    ("excluded_by", pa.string()), ("fired", pa.int64()), ("findings", pa.int64()), ("new", pa.int64()),
    ("suppressed", pa.int64()), ("share", pa.float64()), ("warning", pa.string()), ("seconds", pa.float64()),
    ("reviewed", pa.int32()), ("confirmed", pa.int32()), ("precision", pa.float64()), ("precision_low", pa.float64()),
    ("precision_high", pa.float64()), ("weight", pa.float64())])
_STEPS = ("received", "loaded", "replaced", "quarantined", "refused", "skipped")
RECONCILIATION = pa.schema(
    [(name, pa.string()) for name in ("dataset", "file", "sha256", "status")]
    + [(f"rows_{step}", pa.int64()) for step in _STEPS]
    + [(f"sek_{step}", pa.decimal128(16, 2)) for step in _STEPS] + [("message", pa.string())])
CHECKS = pa.schema([
    ("dataset", pa.string()), ("check_id", pa.string()), ("expectation", pa.string()), ("column", pa.string()),
    ("severity", pa.string()), ("description", pa.string()), ("evaluated", pa.int64()), ("failed", pa.int64()),
    ("computed", pa.bool_()), ("success", pa.bool_()), ("seconds", pa.float64())])
