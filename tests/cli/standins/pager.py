#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Stands in for a pager's service: checks what it gets as the service's documentation says.

Usage: pager.py KIND FOLDER [CERTIFICATE]    KIND: pagerduty, slack, datadog, webhook, any

Listens on the port in FOLDER/port, or on one of its own choosing, which it writes there.  FOLDER/key holds the key
that is right.  FOLDER/behaviour, read anew for each request, says what goes wrong: nothing (ok, or
no such file), later SECONDS (429 with Retry-After), status N, slow SECONDS, cut (the answer breaks
off), garbage (200 and a page of HTML), hang-up (no answer).  Each request is appended to
FOLDER/requests as a line of JSON: what was wrong with it, the status it got, and its body.
With CERTIFICATE (certificate and key in one file) it speaks TLS.
"""

import hashlib
import hmac
import json
import pathlib
import ssl
import sys
import threading
import time
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KIND, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
LOCK = threading.Lock()


class Wrong(Exception):
    """The request is not as documented; the status that the service would give."""

    def __init__(self, status, why):
        super().__init__(why)
        self.status = status


def need(condition, why, status=400):
    if not condition:
        raise Wrong(status, why)


def text_of(body, name, longest):
    value = body.get(name)
    need(isinstance(value, str) and value, f"{name}: expected a text")
    need(len(value) <= longest, f"{name}: {len(value)} characters, {longest} at most")
    return value


def only(body, names):
    for name in body:
        need(name in names, f"{name}: no such field")


def check_pagerduty(handler, body, key):
    """Events API v2, https://developer.pagerduty.com/docs/events-api-v2/trigger-events/"""
    need(handler.path == "/v2/enqueue", f"no such path: {handler.path}", 404)
    only(body, ("routing_key", "event_action", "dedup_key", "payload", "client", "client_url",
                "links", "images"))
    need(body.get("event_action") in ("trigger", "acknowledge", "resolve"), "event_action")
    text_of(body, "dedup_key", 255)
    need(body.get("routing_key") == key, "routing_key: invalid")
    if body["event_action"] == "trigger":
        payload = body.get("payload")
        need(isinstance(payload, dict), "payload: required for a trigger")
        only(payload, ("summary", "source", "severity", "timestamp", "component", "group", "class",
                       "custom_details"))
        text_of(payload, "summary", 1024)
        text_of(payload, "source", 255)
        need(payload.get("severity") in ("critical", "warning", "error", "info"), "severity")
        datetime.fromisoformat(payload["timestamp"].replace("Z", "+00:00"))
        need(isinstance(payload.get("custom_details"), dict), "custom_details")
    return 202, {"status": "success", "message": "Event processed", "dedup_key": body["dedup_key"]}


def check_slack(handler, body, key):
    """Incoming webhooks, and the limits of https://api.slack.com/reference/block-kit/blocks"""
    need(handler.path == key, "no_service", 404)
    only(body, ("text", "blocks", "attachments"))
    text_of(body, "text", 40000)
    need(len(body["blocks"]) <= 50, "too many blocks")
    for block in body["blocks"]:
        need(block["type"] == "section" and block["text"]["type"] == "mrkdwn", "invalid_blocks")
        text = text_of(block["text"], "text", 3000)
        need("<" not in text and ">" not in text, "a mark that Slack would obey")
    return 200, "ok"


def check_datadog(handler, body, key):
    """Events API v1, https://docs.datadoghq.com/api/latest/events/ (post an event)"""
    need(handler.path == "/api/v1/events", f"no such path: {handler.path}", 404)
    need(handler.headers.get("DD-API-KEY") == key, "Forbidden", 403)
    only(body, ("title", "text", "aggregation_key", "alert_type", "date_happened", "device_name",
                "host", "priority", "related_event_id", "source_type_name", "tags"))
    text_of(body, "title", 100)
    need("@" not in text_of(body, "text", 4000), "a mark that notifies people")
    text_of(body, "aggregation_key", 100)
    need(body.get("alert_type") in ("error", "warning", "info", "success", "user_update",
                                    "recommendation", "snapshot"), "alert_type")
    need(body.get("priority") in ("normal", "low"), "priority")
    if "date_happened" in body:
        need(time.time() - body["date_happened"] < 18 * 3600, "date_happened: too old")
    need(all(isinstance(tag, str) and len(tag) <= 200 for tag in body["tags"]), "tags")
    return 202, {"event": {"id": 1, "title": body["title"]}, "status": "ok"}


def check_webhook(handler, body, key):
    """The signature: HMAC-SHA256 of timestamp, full stop and body, not older than a minute."""
    stamp = handler.headers.get("X-Faultline-Timestamp", "")
    need(stamp.isdigit() and abs(time.time() - int(stamp)) < 60, "timestamp", 401)
    right = hmac.new(key.encode(), stamp.encode() + b"." + handler.raw, hashlib.sha256).hexdigest()
    given = handler.headers.get("X-Faultline-Signature", "")
    need(hmac.compare_digest("sha256=" + right, given), "signature", 401)
    need(body.get("schema") == "faultline.incident/1", "schema")
    return 200, {}


def check_any(handler, body, key):
    """Whatever comes, as the receiver at the far side of an Alertmanager."""
    return 200, {}


CHECKS = {"pagerduty": check_pagerduty, "slack": check_slack, "datadog": check_datadog,
          "webhook": check_webhook, "any": check_any}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, body, headers=()):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def record(self, status, wrong, body):
        line = json.dumps({"status": status, "wrong": wrong, "body": body, "path": self.path})
        with LOCK, open(FOLDER / "requests", "a", encoding="utf-8") as out:
            out.write(line + "\n")

    def check(self):
        """What the service would do: status, answer, what was wrong, the body."""
        body = None
        try:
            need(self.headers.get("Content-Type", "").startswith("application/json"), "type", 415)
            body = json.loads(self.raw)
            key = (FOLDER / "key").read_text(encoding="utf-8").strip()
            return *CHECKS[KIND](self, body, key), "", body
        except Wrong as wrong:
            return wrong.status, {"status": "invalid", "errors": [str(wrong)]}, str(wrong), body
        except (ValueError, KeyError, TypeError) as error:
            return 400, {"status": "invalid", "errors": [repr(error)]}, repr(error), body

    def do_POST(self):
        self.raw = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            behaviour = (FOLDER / "behaviour").read_text(encoding="utf-8").split()
        except FileNotFoundError:
            behaviour = []
        word = behaviour[0] if behaviour else "ok"
        status, answer, wrong, body = self.check()
        if word == "later":
            self.record(429, wrong, body)
            self.answer(429, "slow down", [("Retry-After", behaviour[1])])
        elif word == "status":
            self.record(int(behaviour[1]), wrong, body)
            self.answer(int(behaviour[1]), "as told")
        elif word == "garbage":
            self.record(0, wrong, body)
            self.answer(200, "<html>Welcome to our hotel</html>")
        elif word == "hang-up":
            self.record(0, wrong, body)
            self.close_connection = True
        elif word == "cut":
            self.record(0, wrong, body)
            self.send_response(202 if KIND in ("pagerduty", "datadog") else 200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"status": "succ')
            self.wfile.flush()
            self.close_connection = True
        else:
            if word == "slow":
                time.sleep(float(behaviour[1]))
            self.record(status, wrong, body)
            self.answer(status, answer)


def main():
    port = FOLDER / "port"
    number = int(port.read_text(encoding="utf-8")) if port.exists() else 0
    server = ThreadingHTTPServer(("127.0.0.1", number), Handler)
    server.daemon_threads = True
    if len(sys.argv) > 3:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[3])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    port.with_suffix(".new").write_text(f"{server.server_port}\n", encoding="utf-8")
    port.with_suffix(".new").rename(port)
    print("listening", flush=True)
    server.serve_forever()


main()
