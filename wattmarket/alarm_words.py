"""What an alarm says, and why a unit was told something else, in English and Chinese.

The one idea: as with the reasons of orders, the server says a kind and values; words are made where
somebody reads them, and a test holds both languages against every kind there is.
"""

from collections.abc import Mapping
from typing import Any, Final

from wattmarket.reasons import LANGUAGES

KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "contact_lost": ("No contact with {member_id}.", "与 {member_id} 失去联系。"),
    "fail_safe": (
        "{member_id} holds its fail-safe limits: nobody it trusts calls.",
        "{member_id} 未收到可信指令，按故障安全限值运行。",
    ),
    "tripped": ("{member_id} has left the grid.", "{member_id} 已脱网。"),
    "locked": (
        "{member_id} is locked: it comes back only by people.",
        "{member_id} 已闭锁，须由人员解除。",
    ),
    "tampered": ("Somebody has tampered with {member_id}.", "{member_id} 疑遭篡改。"),
    "device_fault": ("{member_id} reports a fault.", "{member_id} 报告故障。"),
    "limit_exceeded": (
        "{member_id} is beyond what it was allowed.",
        "{member_id} 超出允许的限值。",
    ),
    "power_quality": (
        "Voltage or frequency at {member_id} is outside its band.",
        "{member_id} 处电压或频率越限。",
    ),
    "stopped": ("{member_id} was stopped.", "{member_id} 已停运。"),
    "emergency_stopped": ("Emergency stop of {member_id}.", "{member_id} 已紧急停运。"),
    "decoupled": (
        "{member_id} goes on alone: nothing is traded over its lines.",
        "{member_id} 已解列独立运行，其线路暂停交易。",
    ),
    "area_out_of_reach": (
        "Area {member_id} is out of reach: its gateway is not heard.",
        "区域 {member_id} 失联：收不到其网关信号。",
    ),
    "grid_voltage": (
        "A voltage in the grid of {member_id} is outside its limits.",
        "{member_id} 电网电压越限。",
    ),
    "grid_loading": (
        "A line or transformer of {member_id} carries more than it may.",
        "{member_id} 的线路或变压器过载。",
    ),
    "measurement_doubtful": (
        "A reading of {member_id} is hard to believe.",
        "{member_id} 的量测数据可疑。",
    ),
    "area_guard": (
        "A move of the units of {member_id} was blocked: too much at once, or not credible.",
        "{member_id} 的机组功率调整已被拦截：变化过快或不可信。",
    ),
}
"""Of every kind the sentence in English and in Chinese."""

SEVERITIES: Final[Mapping[str, tuple[str, str]]] = {
    "info": ("Note", "提示"),
    "warning": ("Warning", "警告"),
    "major": ("Major", "重要"),
    "critical": ("Critical", "紧急"),
}

STATES: Final[Mapping[str, tuple[str, str]]] = {
    "open": ("nobody has seen it", "未确认"),
    "acknowledged": ("acknowledged", "已确认"),
    "closed": ("closed", "已关闭"),
}

CONTROL_REASONS: Final[Mapping[str, tuple[str, str]]] = {
    "grid_voltage": ("to keep the grid's voltage", "为保持电网电压"),
    "grid_loading": ("to keep lines and transformers from overload", "为避免线路和变压器过载"),
    "area_limit": ("the area as a whole was at its limit", "区域总功率已达限额"),
    "operator_limit": ("an operator limited it", "运行人员限制功率"),
    "emergency_stop": ("emergency stop", "紧急停运"),
    "stopped": ("an operator stopped it", "运行人员停运"),
    "area_guard": (
        "its area may not move so much at once",
        "区域功率变化受限，须等待或保持",
    ),
    "decoupled": ("its area was on its own", "所在区域解列运行"),
    "fail_safe": ("it was on its fail-safe limits", "按故障安全限值运行"),
    "trip": ("it had left the grid", "已脱网"),
    "activation": ("it helped with what an area needed", "支援某区域所需"),
}
"""Why a unit was told something else than it had traded."""

DETAILS: Final[Mapping[str, tuple[str, str]]] = {
    "reason": ("Why: {reason}.", "原因：{reason}。"),
    "why": ("Cause: {why}.", "起因：{why}。"),
    "fault": ("It says: {fault}.", "设备信息：{fault}。"),
    "by": ("By {by}.", "操作人：{by}。"),
    "channel": ("Channel: {channel}.", "通道：{channel}。"),
    "element": ("Worst at {element}.", "最严重处：{element}。"),
    "start": ("Interval {start}.", "时段 {start}。"),
}
"""Parameters that add a sentence of their own where they are given."""


def alarm_sentence(alarm: Mapping[str, Any], language: str = "en") -> str:
    """An alarm in words: severity, what it is about, what is known.

    Args:
        alarm: as `alarms.list` or the stream gives it.
        language: "en" or "zh".

    Raises:
        KeyError: an unknown kind or language.
    """
    place = {name: number for number, name in enumerate(LANGUAGES)}[language]
    parameters: Mapping[str, str] = alarm["parameters"]
    parts = [KINDS[alarm["kind"]][place].format(member_id=alarm["member_id"])]
    parts += [
        text[place].format_map(parameters) for name, text in DETAILS.items() if name in parameters
    ]
    severity = SEVERITIES[alarm["severity"]][place]
    space, colon = (" ", ": ") if language == "en" else ("", "：")
    return f"{severity}{colon}{space.join(parts)}"
