"""Deliveries of webhooks. The only address that takes something without an account: whoever signs it is heard."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from keyhole.api.answers import problem_answer
from keyhole.core.errors import KeyholeError, Unavailable
from keyhole.schedules import hooks


@csrf_exempt
@login_not_required
def deliver(request: HttpRequest, hook: str) -> HttpResponseBase:
    """One delivery of GitHub's; 202 with what comes of it."""
    if request.method != "POST":
        refused = problem_answer(405, "A webhook is delivered by POST.")
        refused["Allow"] = "POST"
        return refused
    body = request.read(hooks.LARGEST + 1)
    if len(body) > hooks.LARGEST:
        return problem_answer(413, f"A delivery has at most {hooks.LARGEST:,} bytes.")
    try:
        said = hooks.delivered(
            hook,
            request.headers.get("X-Hub-Signature-256", ""),
            request.headers.get("X-GitHub-Event", ""),
            body,
            str(request.META.get("REMOTE_ADDR", "")),
        )
    except Unavailable as problem:
        later = problem_answer(503, problem.message)
        later["Retry-After"] = "60"
        return later
    except KeyholeError as problem:
        return problem_answer(problem.status, problem.message)
    return JsonResponse({"message": said}, status=202)
