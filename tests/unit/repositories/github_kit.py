"""A connection to the sandbox GitHub, as tests of this room and the one above need it."""

from keyhole.accounts.services import local_caller
from keyhole.connections import services as connections
from keyhole.connections.services import ConnectionSpec
from keyhole.core.secret import Secret
from keyhole.providers import outgoing
from keyhole.providers.github.instance import instance_at
from keyhole.repositories import github, listing
from tests import canaries


def connect(sandbox, token, *, kind="fine_grained", owner="harbour", name="Harbour", **more):
    """A connection with this token of the sandbox's, which is watched from now on."""
    canaries.watch("token of the sandbox", token.text)
    return connections.connect(
        local_caller(),
        ConnectionSpec(
            name=name,
            instance=instance_at(sandbox.url, outgoing.configured()),
            credential=Secret(token.text),
            kind=kind,
            owner_login=owner,
            **more,
        ),
    )


def take_in(row, *full_names):
    """The repositories here, after asking GitHub what the connection reaches."""
    listing.refresh_now(local_caller(), row.pk)
    reachable = {each.full_name: each.remote_id for each, _ in github.reachable(local_caller(), row.pk)}
    taken = github.take_in(local_caller(), row.pk, [reachable[name] for name in full_names])
    assert not taken.skipped
    return taken.connected
