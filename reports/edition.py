"""How an edition of a report differs from the municipality's own: what is re-keyed, hidden, left out and said.

`GroupModel(run, group, language, edition)` and `group_page(model)` make every edition; the municipal one is the
default. An edition never shows more than the group may see: it can only re-key, hide and leave out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from schemas.case_id import case_id


@dataclass(frozen=True)
class Edition:
    """`name`: one word, for files and logs.

    case_id          the id shown for a subject's case
    rekey            (kind of token, token) -> what is shown in its place; None: as the group may see it
    persons_visible  False hides tokens even where the group may see them; None: as the group says
    includes         whether a subject may be in this edition
    hidden_columns   columns of source rows that are left out
    tells_elsewhere  whether it says that other groups have findings, and whom to ask
    mark             words in {sv, en} on every page in place of "working paper"
    """

    name: str = "municipal"
    case_id: Callable[[str, str], str] = case_id
    rekey: Callable[[str, str], str] | None = None
    persons_visible: bool | None = None
    includes: Callable[[str, str], bool] | None = None
    hidden_columns: frozenset[str] = frozenset()
    tells_elsewhere: bool = True
    mark: Mapping[str, str] = field(default_factory=dict)


MUNICIPAL = Edition()
