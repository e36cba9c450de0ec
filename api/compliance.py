"""Compliance (合规): check a text before it is published."""

from typing import Annotated

from fastapi import APIRouter, Body

from api.door import Asked, Somebody
from response import statement_check
from response.compliance.rule import Context
from response.statement_check import CheckedText

router = APIRouter(tags=["compliance"])


@router.post("/compliance/check", summary="检查一段广告或声明文字")
def check(
    services: Asked,
    person: Somebody,
    text: Annotated[str, Body(embed=True)],
    context: Annotated[Context, Body(embed=True)] = Context.ADVERT,
) -> CheckedText:
    """Findings with rule, article, span, reason and suggestion. No legal advice: a person decides."""
    return statement_check.check_text(services.database, person, None, text, context, now=services.now())
