"""Manual reports (随手报) and the pictures that belong to mentions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import UploadFile

from api.door import Asked, Somebody
from core import evidence, intake, report
from core.picture import LARGEST_BYTES
from core.report import Given, Report

router = APIRouter(tags=["reports"])

_TEXTS: Final = ("link", "text", "platform", "seen_at", "note")
_COUNTS: Final = ("likes", "comments", "reposts", "views")
# The form is read after the token was: what it holds is said here.
FORM: Final[dict[str, Any]] = {  # Any: an OpenAPI document
    "requestBody": {
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        **{name: {"type": "string"} for name in _TEXTS},
                        **{name: {"type": "integer", "minimum": 0} for name in _COUNTS},
                        "screenshot": {
                            "type": "array",
                            "maxItems": report.MOST_PICTURES,
                            "items": {"type": "string", "format": "binary"},
                        },
                    },
                }
            }
        }
    }
}


@dataclass(frozen=True, slots=True)
class Form:
    """What came, with the files read."""

    given: Given
    files: Sequence[bytes]


async def form_of(request: Request, person: Somebody) -> Form:
    """Read the form once it is known who sends it. Raises InvalidInput."""
    async with request.form(max_files=10, max_fields=20) as form:
        values = {name: value for name, value in form.items() if isinstance(value, str)}
        uploads = [value for value in form.getlist("screenshot") if isinstance(value, UploadFile)]
        files = [await upload.read(LARGEST_BYTES + 1) for upload in uploads]
    return Form(report.from_form(values), [data for data in files if data])


@router.post("/reports", summary="随手报：链接、内容、截图至少一项", status_code=201, openapi_extra=FORM)
def make(services: Asked, person: Somebody, form: Annotated[Form, Depends(form_of)]) -> Report:
    """Becomes a mention, or joins the one that is known under its link (is_joined)."""
    return report.make(
        services.database,
        evidence.safe_of(services.settings),
        person,
        form.given,
        form.files,
        author_key=intake.author_key(services.settings),
        now=services.now(),
    )


@router.delete("/reports/{report_id}", summary="撤回自己的随手报（10 分钟内）", status_code=204)
def withdraw(services: Asked, person: Somebody, report_id: str) -> None:
    """The mention goes with it where nobody else has seen it."""
    report.withdraw(services.database, person, report_id, now=services.now())


@router.get("/mentions/{mention_id}/evidence/{sha256}", summary="一张截图", response_class=Response)
def picture(services: Asked, person: Somebody, mention_id: str, sha256: str) -> Response:
    """PNG, JPEG or WebP, as an attachment."""
    with services.database.read() as connection:
        found = evidence.read(connection, person, evidence.safe_of(services.settings), mention_id, sha256)
    name = f"{sha256[:16]}.{found.media_type.rpartition('/')[2]}"
    headers = evidence.HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content=found.data, media_type=found.media_type, headers=headers)
