"""Laws of a token's texts: whatever people and tools do in whatever order, the rights never widen."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from keyhole.accounts.services import local_caller
from keyhole.core.errors import BadCredentials, Conflict, KeyholeError
from keyhole.tokens.authority import TokenPaused, identify, judge
from keyhole.tokens.lifecycle import cancel_rotation, pause, resume, rotate
from keyhole.tokens.models import State, Text, Token
from keyhole.tokens.services import revoke
from keyhole.tokens.standing import STANDING, Standing
from tests.unit.tokens.kit import CIRCUMSTANCES, fetch, issue

pytestmark = pytest.mark.django_db(transaction=True)
STEPS = ("rotate", "at once", "cancel", "pause", "resume", "use old", "use new", "use any", "revoke")


class Model:
    """What ought to hold, in a few lines of its own."""

    def __init__(self, secret):
        self.current, self.new, self.over = secret, None, []
        self.paused = self.revoked = False

    def allows(self, secret):
        return not self.paused and not self.revoked and secret in (self.current, self.new)

    def used(self, secret):
        if secret is self.new:
            self.end(self.current)
            self.current, self.new = self.new, None

    def end(self, secret):
        self.over.append(secret)


def test_it_reads_the_columns_that_it_names():
    token = issue().token
    standing = Standing(*Token.objects.values_list(*STANDING).get(pk=token.pk))
    now = timezone.now()
    assert (standing.token_id, standing.state(now)) == (token.pk, State.ACTIVE)
    assert standing.text(bytes(token.digest), now) is Text.CURRENT
    assert standing.text(b"other", now) is Text.ENDED
    assert standing.text(None, now) is Text.CURRENT
    assert standing.state(token.expires_at) is State.EXPIRED


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(STEPS), max_size=14), st.randoms(use_true_random=False))
def test_P21_whatever_happens_to_a_token_it_never_may_more_and_no_ended_text_comes_back(steps, dice):
    issued = issue()
    rights, number, model = issued.token.grant_value(), issued.token.pk, Model(issued.secret)
    for step in steps:
        try:
            carry_out(step, number, model, dice)
        except Conflict:
            assert model.revoked or (step == "cancel") != (model.new is not None)
        for secret in filter(None, (model.current, model.new, *model.over)):
            check(secret, rights, model)


def carry_out(step, number, model, dice):
    caller = local_caller()
    match step:
        case "rotate":
            model.new = rotate(caller, number).secret
        case "at once":
            old, model.current = model.current, rotate(caller, number, timedelta(0)).secret
            model.end(old)
        case "cancel":
            cancel_rotation(caller, number)
            model.end(model.new)
            model.new = None
        case "pause":
            pause(caller, number)
            model.paused = True
        case "resume":
            resume(caller, number)
            model.paused = False
        case "revoke":
            revoke(caller, number)
            model.revoked = True
        case _:
            use(step, model, dice)


def use(step, model, dice):
    texts = {"use old": [model.current], "use new": [model.new]}
    secret = dice.choice(texts.get(step) or [model.current, model.new, *model.over])
    if secret is None:
        return
    try:
        judge(identify(secret), fetch(), CIRCUMSTANCES)
    except (BadCredentials, TokenPaused):
        assert not model.allows(secret)
    else:
        assert model.allows(secret)
        model.used(secret)


def check(secret, rights, model):
    try:
        bearer = identify(secret)
    except KeyholeError:
        assert not model.allows(secret)
    else:
        assert model.allows(secret)
        assert bearer.grant == rights
