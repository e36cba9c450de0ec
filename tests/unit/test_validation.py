"""What pydantic refuses is told in Chinese."""

from datetime import datetime
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from core.mention import Platform
from core.validation import sentence


@pytest.mark.parametrize(
    ("expected", "value", "said"),
    [
        (int, "many", "应为整数"),
        (float, "many", "应为数字"),
        (bool, "perhaps", "应为 true 或 false"),
        (str, 3, "应为文字"),
        (datetime, "soon", "应为 ISO 8601 时间"),
        (Annotated[int, Field(le=100)], 101, "应不大于 100"),
        (Annotated[int, Field(ge=1)], 0, "应不小于 1"),
        (Annotated[str, Field(max_length=2)], "abc", "不能超过 2 个字"),
        (Literal["a", "b"], "c", "应为 a、b 之一"),
        (list[int], 3, "应为列表"),
        (
            Platform,
            "radio",
            "应为 news、forum、weibo、wechat、video、blog、qa、review、complaint、hotline、store、hotlist、other 之一",
        ),
        (bytes, 3, "取值不对"),
    ],
)
def test_a_refusal_is_a_sentence_people_read(expected: Any, value: object, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(expected).validate_python(value)
    assert sentence(caught.value.errors()[0]) == said
