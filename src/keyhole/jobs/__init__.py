"""Durable jobs: work that ends although the process that began it did not.

A room registers a job under a kind and enqueues it by the id of a row of its own. The row is the truth, the
engine's records are only how to get there: whatever the row says is unfinished is run again until it says so no more.
"""

from keyhole.jobs.registry import Interrupted, Job, job, offer, step

__all__ = ["Interrupted", "Job", "job", "offer", "step"]
