"""The group writer: many threads, one commit; and nobody waits for ever when it fails."""

import threading

import pytest
from django.db import connection

from keyhole.audit.log import ALLOWED, Draft
from keyhole.audit.models import Entry
from keyhole.audit.verify import verify
from keyhole.audit.writer import writer
from keyhole.core.errors import Unavailable

pytestmark = pytest.mark.django_db(transaction=True)


def draft(number=0):
    return Draft("git:act", ALLOWED, {"name": "tool"}, {"n": number})


def in_threads(number, work):
    answers = [None] * number

    def run(index):
        try:
            answers[index] = work(index)
        except Exception as problem:  # noqa: BLE001  # shown by the test's own thread
            answers[index] = problem
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return answers


def test_records_of_many_threads_are_all_there_in_one_chain():
    ids = in_threads(12, lambda index: [writer().submit(draft(100 * index + n)) for n in range(20)])
    assert {name for of_thread in ids for name in of_thread} == set(
        Entry.objects.values_list("id", flat=True)
    )
    assert Entry.objects.count() == 240
    assert verify().ok


def test_a_record_is_committed_when_submit_returns():
    number = writer().submit(draft())
    seen = in_threads(1, lambda _: Entry.objects.filter(id=number).exists())
    assert seen == [True]


def test_an_effect_that_fails_fails_its_record_and_the_next_one_is_written():
    def broken(works, at):
        raise ZeroDivisionError

    with pytest.raises(Unavailable):
        writer().submit(draft(), broken)
    assert Entry.objects.count() == 0
    writer().submit(draft())
    assert verify().entries == 1


def test_everybody_in_a_failed_batch_is_told_and_nobody_hangs():
    def broken(works, at):
        raise ZeroDivisionError

    answers = in_threads(16, lambda _: writer().submit(draft(), broken))
    assert all(isinstance(answer, Unavailable) for answer in answers)
    assert Entry.objects.count() == 0


def test_a_database_that_is_full_is_unavailable_nothing_is_written_and_it_recovers():
    writer().submit(draft())
    with connection.cursor() as cursor:
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count={pages}")
    big = Draft("git:act", ALLOWED, {"name": "tool"}, {"n": ["x" * 1000] * 200})
    with pytest.raises(Unavailable):
        for _ in range(50):
            writer().submit(big)
    assert verify().ok
    written = Entry.objects.count()
    connection.close()
    writer().submit(draft())
    assert Entry.objects.count() == written + 1
    assert verify().ok


def test_inside_a_transaction_it_is_refused():
    from django.db import transaction

    with transaction.atomic(), pytest.raises(Unavailable):
        writer().submit(draft())
