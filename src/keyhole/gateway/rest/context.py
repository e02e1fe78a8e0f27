"""What a handler gets: the request, what it names, who asks. By then it has been judged, or is about to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keyhole.core.grant import Grant
from keyhole.core.permissions import Operation
from keyhole.gateway.errors import UnsupportedMediaType
from keyhole.gateway.http import LIMITS, HttpRequest, Response
from keyhole.gateway.mirrored import refuse_mirror
from keyhole.gateway.rest.answers import as_json
from keyhole.gateway.rest.bodies import Fields, parse
from keyhole.gateway.rest.media import Media
from keyhole.gateway.rest.paging import Page, links, page_of
from keyhole.gateway.rest.present.links import Links, RepositoryLinks
from keyhole.gateway.rest.problems import not_found
from keyhole.gateway.rest.subjects import Subjects
from keyhole.repositories.models import Repository
from keyhole.tokens.authority import Bearer


@dataclass(frozen=True, slots=True)
class Context:
    """One request on its way through the REST surface."""

    http: HttpRequest
    operation: Operation
    subjects: Subjects
    bearer: Bearer
    media: Media
    links: Links

    @property
    def params(self) -> Mapping[str, str]:
        """Values of the path's parameters."""
        return self.subjects.match.params if self.subjects.match is not None else {}

    @property
    def query(self) -> Mapping[str, str]:
        """The query's parameters."""
        return dict(self.http.target.query)

    @property
    def grant(self) -> Grant:
        """What the token may."""
        return self.bearer.grant

    @property
    def page(self) -> Page:
        """The part of a list that is asked for."""
        return page_of(self.query)

    @property
    def repository(self) -> Repository:
        """The repository of the path."""
        found = self.subjects.repositories[0] if self.subjects.repositories else None
        if found is None:
            raise not_found()
        return found

    @property
    def git_dir(self) -> Path:
        """Where the repository of the path lies."""
        refuse_mirror(self.repository)
        return self.repository.git_dir

    @property
    def here(self) -> RepositoryLinks:
        """Addresses of the repository of the path."""
        return self.links.repository(self.repository.full_name)

    async def fields(self, resource: str) -> Fields:
        """The body. `resource` is what 422 answers call the thing that it describes."""
        if self.http.header("content-encoding").lower() not in ("", "identity"):
            raise UnsupportedMediaType("The body is encoded in a way that is not read here.")
        return Fields(resource, parse(await self.http.body.read(LIMITS.json_body)))

    def listed(self, items: Sequence[Any], total: int, *, exact: bool = True) -> Response:
        """One page of a list, with the way to the others. A total that is not `exact` names no last page."""
        pages = links(self.page, total)
        if not exact:
            pages.pop("last", None)
        if not pages:
            return as_json(items)
        return as_json(
            items,
            Link=", ".join(
                f'<{self._page_address(number)}>; rel="{relation}"' for relation, number in pages.items()
            ),
        )

    def _page_address(self, number: int) -> str:
        query = tuple((name, value) for name, value in self.http.target.query if name != "page")
        target = type(self.http.target)(self.http.target.segments, (*query, ("page", str(number))))
        return self.links.base + target.render().decode("ascii")
