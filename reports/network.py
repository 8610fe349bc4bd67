"""The small network of a case: who shares what, from the edges of its link group.

A node is a subject or a shared token. A subject that the group does not work with is a word and a number, never a
name, and its source row stays untold. At most `MOST` nodes: nearest to the case
first, and among those the strongest edges.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reports.load import Subject
from reports.privacy import Mask

MOST = 60

Node = tuple[str, ...]


def nearest(edges: Sequence[Mapping[str, Any]], own: Subject) -> list[Mapping[str, Any]]:
    """The edges between the at most `MOST` nodes nearest to `own`, in the order in which they are reached."""
    at: dict[Node, list[Mapping[str, Any]]] = {}
    for edge in sorted(edges, key=lambda e: (-e["weight"], e["token_kind"], e["token"], e["subject_type"],
                                             e["subject_id"])):
        at.setdefault((edge["subject_type"], edge["subject_id"]), []).append(edge)
        at.setdefault(("token", edge["token_kind"], edge["token"]), []).append(edge)
    seen: dict[Node, int] = {own: 0}
    queue: list[Node] = [own]
    for node in queue:
        for edge in at.get(node, []):
            for other in ((edge["subject_type"], edge["subject_id"]), ("token", edge["token_kind"], edge["token"])):
                if other not in seen and len(seen) < MOST:
                    seen[other] = len(seen)
                    queue.append(other)
    kept = [edge for edge in edges if (edge["subject_type"], edge["subject_id"]) in seen
            and ("token", edge["token_kind"], edge["token"]) in seen]
    return sorted(kept, key=lambda e: (seen[("token", e["token_kind"], e["token"])],
                                       seen[(e["subject_type"], e["subject_id"])]))


def network(edges: Sequence[Mapping[str, Any]], own: Subject, mask: Mask, name: Callable[[Subject], str | None],
            stranger: Callable[[str, int], str], listed: Callable[[Subject], int | None]) -> dict[str, Any]:
    """nodes: [label, type or kind of token, index of its case or None], first the subjects (`subjects` of them, the
    case's own at 0); edges: [subject's node, token's node, file, line, subjects that share the token in all];
    hidden: nodes left out.

    name: what the group may call a subject, None for one it does not work with; stranger: (type, number) -> its words.
    """
    kept = nearest(edges, own)
    subjects = {(edge["subject_type"], edge["subject_id"]): 0 for edge in kept}
    subjects = {own: 0, **subjects} if own in subjects else subjects
    tokens = {(edge["token_kind"], edge["token"]): 0 for edge in kept}
    total = {(e["subject_type"], e["subject_id"]) for e in edges} | {("token", e["token_kind"], e["token"])
                                                                     for e in edges}
    nodes: list[list[Any]] = []
    strange = Counter[str]()
    untold = set()
    for subject in subjects:
        subjects[subject] = len(nodes)
        called = name(subject)
        if called is None:
            untold.add(subject)
            strange[subject[0]] += 1
            called = stranger(subject[0], strange[subject[0]])
        nodes.append([called, subject[0], listed(subject)])
    for kind, token in tokens:
        tokens[(kind, token)] = len(nodes)
        nodes.append([mask.token(f"{kind}_token", token), kind, None])
    shown = []
    for edge in kept:
        subject = (edge["subject_type"], edge["subject_id"])
        source = [None, None] if subject in untold else [edge["file"], edge["line"]]
        shown.append([subjects[subject], tokens[(edge["token_kind"], edge["token"])], *source, edge["n_subjects"]])
    return {"nodes": nodes, "subjects": len(subjects), "hidden": len(total) - len(nodes), "edges": shown}
