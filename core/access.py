"""Who may do what. Decided here, below the doors, so that API and pages cannot differ and cannot forget.

Every function that a door may call takes ``person`` and asks ``require`` before it reads or writes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.errors import NotAllowed


class Role(StrEnum):
    """What a person is in this house; labels in ROLE_LABELS."""

    READER = "reader"
    ANALYST = "analyst"
    RESPONDER = "responder"
    MANAGER = "manager"
    LEGAL = "legal"
    EXECUTIVE = "executive"
    ADMIN = "admin"
    SENDER = "sender"


ROLE_LABELS: Final[Mapping[Role, str]] = {
    Role.READER: "只读",
    Role.ANALYST: "运营分析",
    Role.RESPONDER: "公关处置",
    Role.MANAGER: "公关负责人",
    Role.LEGAL: "法务合规",
    Role.EXECUTIVE: "高管",
    Role.ADMIN: "管理员",
    Role.SENDER: "推送方",
}


class Action(StrEnum):
    """What can be asked of a room; granted to roles in GRANTS."""

    READ_MENTIONS = "read_mentions"
    PUSH_MENTIONS = "push_mentions"
    READ_ALERTS = "read_alerts"
    HANDLE_ALERT = "handle_alert"
    READ_INCIDENTS = "read_incidents"
    WORK_INCIDENT = "work_incident"
    CLOSE_INCIDENT = "close_incident"
    READ_CAMPAIGNS = "read_campaigns"
    MANAGE_CAMPAIGN = "manage_campaign"
    CHECK_COMPLIANCE = "check_compliance"
    READ_SOURCES = "read_sources"
    MANAGE_SOURCES = "manage_sources"
    REACH_PRIVATE_NETWORK = "reach_private_network"
    SEND_SECRETS = "send_secrets"
    READ_BRANDS = "read_brands"
    MANAGE_BRANDS = "manage_brands"
    MANAGE_RULES = "manage_rules"
    MANAGE_CHANNELS = "manage_channels"
    MANAGE_USERS = "manage_users"
    READ_AUDIT = "read_audit"
    REVEAL_PERSONAL = "reveal_personal"
    DELETE_MENTIONS = "delete_mentions"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who acts; one person may hold several roles."""

    name: str
    roles: frozenset[Role]


SYSTEM: Final = Person("system", frozenset(Role))

_READING: Final = frozenset(
    {
        Action.READ_MENTIONS,
        Action.READ_ALERTS,
        Action.READ_INCIDENTS,
        Action.READ_CAMPAIGNS,
        Action.READ_SOURCES,
        Action.READ_BRANDS,
    }
)
_RESPONDING: Final = _READING | {Action.HANDLE_ALERT, Action.WORK_INCIDENT, Action.CHECK_COMPLIANCE}
_MANAGING: Final = _RESPONDING | {
    Action.CLOSE_INCIDENT,
    Action.MANAGE_CAMPAIGN,
    Action.MANAGE_BRANDS,
    Action.MANAGE_RULES,
    Action.READ_AUDIT,
    Action.REVEAL_PERSONAL,
}

# Source: who does what in a PR team: operations keeps sources alive, the PR lead works incidents,
# legal checks texts, the manager decides; only an administrator handles accounts and channels.
GRANTS: Final[Mapping[Role, frozenset[Action]]] = {
    Role.READER: _READING,
    Role.ANALYST: _READING
    | {Action.PUSH_MENTIONS, Action.MANAGE_SOURCES, Action.MANAGE_BRANDS, Action.CHECK_COMPLIANCE},
    Role.RESPONDER: _RESPONDING,
    Role.MANAGER: _MANAGING,
    Role.LEGAL: _READING | {Action.CHECK_COMPLIANCE, Action.READ_AUDIT, Action.REVEAL_PERSONAL, Action.DELETE_MENTIONS},
    Role.EXECUTIVE: _MANAGING,
    Role.ADMIN: frozenset(Action),
    # A machine outside the house: it brings mentions and sees nothing.
    Role.SENDER: frozenset({Action.PUSH_MENTIONS}),
}


def may(person: Person, action: Action) -> bool:
    """Tell whether one of the person's roles grants the action."""
    return any(action in GRANTS[role] for role in person.roles)


def require(person: Person, action: Action, thing: object = None) -> None:
    """Raises NotAllowed unless one of the person's roles grants the action.

    thing: what it is about; rules that depend on it (brand isolation) are decided here too.
    """
    if not may(person, action):
        raise NotAllowed("当前账号没有此项权限，请联系管理员", action=action.value)
