"""Reads a thing with slixmpp's own XEP-0323 plugin and prints what its callback was told, a JSON object a line.

Usage: slixmpp_reader.py JID ADDRESS PORT starttls|direct CA THING [FIELD...]; the password is in the environment.
A bare THING is waited for, as a friend does; a full one is asked at once.
"""

import asyncio
import json
import os
import sys

import slixmpp

jid, address, port, tls, ca, thing = sys.argv[1:7]
fields = sys.argv[7:] or None


def say(**what):
    print(json.dumps(what), flush=True)


class Reader(slixmpp.ClientXMPP):
    def __init__(self):
        super().__init__(jid, os.environ["EXTASIS_PASSWORD"])
        self.ca_certs = ca
        for plugin in ("xep_0030", "xep_0323"):
            self.register_plugin(plugin)
        self.asked = False
        self.done = asyncio.get_event_loop().create_future()
        self.add_event_handler("session_start", self.start)
        self.add_event_handler("presence_available", self.seen)
        self.add_event_handler("failed_all_auth", lambda _: self.finish(error="login refused"))

    async def start(self, _event):
        await self.get_roster()
        self.send_presence()
        if "/" in thing:
            self.ask(thing)

    def seen(self, presence):
        if self.asked or presence["from"].bare != thing:
            return
        self.asked = True
        to = presence["from"].full
        say(event="seen", jid=to)
        self.ask(to)

    def ask(self, to):
        self["xep_0323"].request_data(
            from_jid=self.boundjid.full, to_jid=to, callback=self.answered, fields=fields, flags={"momentary": "true"}
        )

    def answered(self, from_jid, result, nodeId=None, timestamp=None, fields=None, error_msg=None):
        say(
            event=result,
            node=nodeId,
            timestamp=timestamp,
            error=error_msg,
            fields=[{key: field[key] for key in ("name", "value", "unit", "typename", "flags") if key in field} for field in fields or []],
        )
        if result in ("done", "rejected", "failure", "cancelled"):
            self.finish()

    def finish(self, **what):
        if what:
            say(**what)
        if not self.done.done():
            self.done.set_result(None)


reader = Reader()
reader.connect((address, int(port)), use_ssl=tls == "direct", force_starttls=tls == "starttls", disable_starttls=tls == "direct")
# With an address to connect to, slixmpp checks the certificate's name only when told it.
reader.default_domain = slixmpp.JID(jid).domain
reader.loop.run_until_complete(asyncio.wait_for(reader.done, 30))
