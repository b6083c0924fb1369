"""Why an order got what it got, in English and Chinese.

The one idea: the server says codes and numbers, words are made where somebody reads them; a test holds
both languages against every code there is.
"""

from collections.abc import Mapping
from typing import Any, Final

LANGUAGES: Final = ("en", "zh")

SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "in_the_money": (
        "Served in full: its limit {limit_per_mwh} was better than the price {price_per_mwh}.",
        "全部成交：限价 {limit_per_mwh} 优于出清价 {price_per_mwh}。",
    ),
    "marginal": (
        "Its limit was the price {price_per_mwh}: what was left at it was shared.",
        "限价等于出清价 {price_per_mwh}，该价位的余量按比例分配。",
    ),
    "out_of_the_money": (
        "Not served: the price was {price_per_mwh}, its limit {limit_per_mwh}.",
        "未成交：出清价 {price_per_mwh}，限价 {limit_per_mwh}。",
    ),
    "rounding": (
        "Served but for the watt-hours that whole numbers leave.",
        "除取整产生的瓦时外均按价成交。",
    ),
    "no_volume": (
        "Nothing was traded in its area and interval, so there was no price.",
        "该区域该时段没有成交，因此没有价格。",
    ),
    "cancelled_call": ("The auction was cancelled; nothing was traded.", "拍卖已取消，没有成交。"),
    "accepted": ("Accepted in full.", "全部接受。"),
    "partly_accepted": ("Accepted in part.", "部分接受。"),
    "at_the_money": (
        "Not accepted: on average the prices were its limit, and it was not needed.",
        "未接受：平均价格等于限价，且不需要它。",
    ),
    "parent_not_accepted": (
        "Not accepted: the block it depends on was accepted too little.",
        "未接受：其依赖的块订单接受比例不足。",
    ),
    "group": (
        "Not accepted: others of its exclusive group were.",
        "未接受：同一互斥组的其他订单已被接受。",
    ),
    "minimum_acceptance": (
        "Not accepted: with the least share it allows, the prices would move so far that somebody loses.",
        "未接受：按其最低接受比例出清会使价格变化过大，导致有人亏损。",
    ),
    "paradoxically_rejected": (
        "Not accepted although it would have gained: with it the prices would be others, "
        "at which it or another accepted block would lose.",
        "尽管有盈余仍未接受：接受后价格将改变，它或其他已接受的块订单会亏损。",
    ),
    "released": (
        "Released: the auction ended by merit order, without block and storage orders.",
        "已释放：拍卖按优先顺序法结束，不含块订单和储能订单。",
    ),
    "used": ("The storage was used.", "储能已被调用。"),
    "idle": (
        "Idle: prices did not cover its losses, its spread and the worth of what it keeps.",
        "未调用：价格不足以覆盖损耗、价差要求和留存电量的价值。",
    ),
    "not_in_auction": (
        "Not in the auction: the block it depends on had left the book.",
        "未参加拍卖：其依赖的块订单已撤出。",
    ),
    "traded": (
        "Traded {energy_kwh} kWh at {price_per_mwh} on average.",
        "已成交 {energy_kwh} 千瓦时，均价 {price_per_mwh}。",
    ),
    "waits_for_confirmation": (
        "Waits for your confirmation; it is in no book.",
        "等待您的确认，尚未进入订单簿。",
    ),
    "hibernated": (
        "Asleep, as you asked; activate it to trade.",
        "已按您的要求休眠，激活后参与交易。",
    ),
    "waits_for_call": ("Waits for its call auction.", "等待集中竞价。"),
    "interrupted": ("Trading is interrupted here for the moment.", "此处交易暂时中断。"),
    "no_match_yet": (
        "No offer met its limit {limit_per_mwh} yet.",
        "尚无报价达到限价 {limit_per_mwh}。",
    ),
    "cancelled": ("Cancelled.", "已撤销。"),
    "expired": ("Expired without being filled.", "到期，未全部成交。"),
    "redispatched": (
        "The grid would not bear it: told {to_kw} kW instead of {from_kw} kW ({cause}).",
        "电网无法承受：由 {from_kw} 千瓦改为 {to_kw} 千瓦（{cause}）。",
    ),
    "cut_by_rule": (
        "The grid would not bear it and nothing cheaper helped: cut by rule to {to_kw} kW "
        "instead of {from_kw} kW ({cause}).",
        "电网无法承受且无更经济的办法：按规则由 {from_kw} 千瓦削减为 {to_kw} 千瓦（{cause}）。",
    ),
    "activated": (
        "It was the cheapest help for what an area needed: told {to_kw} kW instead of {from_kw} kW.",
        "某区域需要支援且此处最经济：由 {from_kw} 千瓦改为 {to_kw} 千瓦。",
    ),
    "as_traded": (
        "Its target is what it has traded, {to_kw} kW.",
        "目标即其成交功率 {to_kw} 千瓦。",
    ),
    "limited": (
        "Its target is {to_kw} kW, not the {from_kw} kW it has traded: a limit of its own or of its "
        "area holds.",
        "目标为 {to_kw} 千瓦而非成交的 {from_kw} 千瓦：受自身或区域限额约束。",
    ),
    "not_scheduled": ("No set-point has gone out yet.", "尚未下发设定值。"),
    "refused": ("Refused: {code}.", "已拒绝：{code}。"),
}
"""Of every code the sentence in English and in Chinese."""

DETAILS: Final[Mapping[str, tuple[str, str]]] = {
    "missed_by_per_mwh": (
        "Missed by {missed_by_per_mwh} per MWh.",
        "差 {missed_by_per_mwh}/兆瓦时。",
    ),
    "better_by_per_mwh": (
        "Better by {better_by_per_mwh} per MWh.",
        "优于出清价 {better_by_per_mwh}/兆瓦时。",
    ),
    "line": ("The line {line} was full.", "线路 {line} 已满载。"),
    "limit": ("The area's limit {limit} was reached.", "已达到区域限额 {limit}。"),
    "tied_kwh": (
        "Of {tied_kwh} kWh at the price {tied_filled_kwh} kWh were served.",
        "该价位共 {tied_kwh} 千瓦时，成交 {tied_filled_kwh} 千瓦时。",
    ),
    "gain": ("Gain at these prices: {gain}.", "按此价格的盈余：{gain}。"),
    "best_trade_per_mwh": (
        "The best trade of others was at {best_trade_per_mwh}.",
        "他人最优成交价为 {best_trade_per_mwh}。",
    ),
    "reason": ("Why: {reason}.", "原因：{reason}。"),
    "element": ("Because of {element}.", "受限元件：{element}。"),
}
"""Parameters that add a sentence of their own where they are given."""


def sentence(reason: Mapping[str, Any], language: str = "en") -> str:
    """One reason of an explanation in words.

    Args:
        reason: `code` and `parameters`, as `explain` answers.
        language: "en" or "zh".

    Raises:
        KeyError: an unknown code or language.
    """
    place = {name: number for number, name in enumerate(LANGUAGES)}[language]
    parameters: Mapping[str, str] = reason["parameters"]
    code = str(reason["code"])
    if code == "cancelled" and "call" in parameters:
        code = "cancelled_call"
    known = _Known(parameters)
    parts = [SENTENCES[code][place].format_map(known)]
    parts += [text[place].format_map(known) for name, text in DETAILS.items() if name in parameters]
    return (" " if language == "en" else "").join(parts)


class _Known(dict[str, str]):
    """Parameters by name; one that is not there is a dash."""

    def __missing__(self, name: str) -> str:
        return "–"
