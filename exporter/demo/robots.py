"""The rooms as a web application: the robots' own paths, the page that looks like the phone, and JSON for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from exporter.demo.dingtalk import DingTalkRobot
from exporter.demo.feishu import FeishuRobot
from exporter.demo.phone import page
from exporter.demo.robot import Fault, Post, Robot
from exporter.demo.wecom import WeComRobot

_PAGE_POLICY = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"}
_SHANGHAI = ZoneInfo("Asia/Shanghai")
_METHODS = ["GET", "POST", "PUT", "DELETE"]


@dataclass
class Rooms:
    """All robots; `now` is asked for the time of every message. A test turns their `faults` on."""

    now: Callable[[], datetime]
    dingtalk: DingTalkRobot
    wecom: WeComRobot
    feishu: FeishuRobot
    zone: tzinfo = _SHANGHAI
    hang_seconds: float = 30.0

    def robots(self) -> tuple[Robot, ...]:
        return self.dingtalk, self.wecom, self.feishu

    def app(self) -> Starlette:
        """The paths of the real robots beside `/rooms` and `/rooms.json`."""
        return Starlette(routes=self.routes())

    def routes(self) -> list[Route]:
        doors = [Route(robot.PATH, self._door(robot), methods=_METHODS) for robot in self.robots()]
        return [*doors, Route("/rooms", self._page), Route("/rooms.json", self._json)]

    def _door(self, robot: Robot) -> Callable[[Request], Any]:
        async def door(request: Request) -> Response:
            kind = request.headers.get("content-type", "")
            query = {**request.query_params, **request.path_params}  # Feishu's token stands in the path
            post = Post(self.now(), request.method, query, kind, await request.body())
            return await self._answer(robot, post)

        return door

    async def _answer(self, robot: Robot, post: Post) -> Response:
        if not robot.faults:
            return JSONResponse(robot.hear(post))
        fault = robot.faults.popleft()
        if fault == "lost":
            robot.hear(post)
        if fault == "hang":
            await asyncio.sleep(self.hang_seconds)
        return _failing(robot, fault)

    async def _page(self, _request: Request) -> Response:
        return HTMLResponse(page(self.robots(), self.zone), headers=_PAGE_POLICY)

    async def _json(self, _request: Request) -> Response:
        return JSONResponse({robot.NAME: _listed(robot) for robot in self.robots()})


def rooms(
    now: Callable[[], datetime],
    *,
    dingtalk_token: str = "demo",  # noqa: S107 -- of a room on this machine
    dingtalk_secret: str | None = None,
    dingtalk_keywords: tuple[str, ...] = (),
    wecom_key: str = "demo",
    feishu_token: str = "demo",  # noqa: S107 -- of a room on this machine
    feishu_secret: str | None = None,
) -> Rooms:
    """The rooms; `.app()` serves them."""
    return Rooms(
        now,
        DingTalkRobot(dingtalk_token, dingtalk_secret, dingtalk_keywords),
        WeComRobot(wecom_key),
        FeishuRobot(feishu_token, feishu_secret),
    )


def _failing(robot: Robot, fault: Fault) -> Response:
    if fault == "html":
        return HTMLResponse("<!doctype html><title>请登录</title><p>网络认证")
    if fault == "500":
        return Response("upstream failed", 500)
    if fault == "unknown":
        return JSONResponse(robot.answer(999_999, "an errcode never seen"))
    if fault == "throttle":
        return JSONResponse(robot.anti_abuse())
    return Response("")


def _listed(robot: Robot) -> Mapping[str, Any]:
    return {
        "messages": [
            {"at": message.at.isoformat(), "body": message.body, "called": message.called} for message in robot.messages
        ],
        "refusals": [
            {"at": each.at.isoformat(), "errcode": each.errcode, "errmsg": each.errmsg} for each in robot.refusals
        ],
    }
