"""What records are found by is copied from what is hashed, and a copy that was changed is noticed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyhole.audit.facts import COLUMNS, Facts, facts_of
from keyhole.audit.log import Draft, append
from keyhole.audit.models import Entry
from keyhole.audit.verify import verify

json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)
names = st.sampled_from(["name", "address", "repository", "repositories", "subject_token_id", "token"])


def test_the_facts_of_a_record():
    actor = {"name": "Mara@Harbour.example", "address": "192.0.2.1"}
    subject = {"repositories": ["A/b", "c/D", "a/B"], "repository": "e/f", "subject_token_id": 7}
    assert facts_of(actor, subject) == Facts("mara@harbour.example", "192.0.2.1", "a/b", " c/d e/f ", 7)
    assert facts_of({}, {}) == Facts("", "", "", None, None)


@given(st.dictionaries(names, json), st.dictionaries(names, json))
def test_whatever_a_record_holds_there_are_facts(actor, subject):
    facts = facts_of(actor, subject)
    assert len(facts.who) <= 254
    assert len(facts.repository) <= 254
    assert facts.more_repositories is None or facts.more_repositories.strip()


@pytest.mark.parametrize("name", ["a/b c/d", "", " ", None, 3, {"a/b": 1}])
def test_what_is_no_name_of_a_repository_is_not_found_as_one(name):
    assert facts_of({}, {"repositories": [name]}).repository == ""
    assert facts_of({}, {"repositories": name}).repository == ""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("column", COLUMNS)
def test_S10_a_record_that_was_hidden_from_filters_is_noticed(column):
    actor = {"name": "mara", "address": "192.0.2.1"}
    append(Draft("token:revoke", "allowed", actor, {"repositories": ["a/b", "c/d"], "subject_token_id": 7}))
    assert verify().ok
    Entry.objects.update(**{column: 8 if column == "about_token_id" else "elsewhere"})
    report = verify()
    assert not report.ok
    assert report.broken_at == 1
