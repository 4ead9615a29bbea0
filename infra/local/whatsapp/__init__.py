"""A WhatsApp gateway for one machine: Evolution API 2.3.7 on one side, people's phones on the other.

**Business side** (header `apikey`: the configured key, or an instance's own token): the Evolution API endpoints that
a bot needs, with the same bodies, statuses and error shapes, and webhooks with the same retries. One thing is better
than the original, which keeps its retries in process memory: an event is on disk before its first attempt, so a
restart delivers what was pending.

**People's side** (no key; only for this machine, and refused to pages of other sites):

GET    /_people                      everybody
POST   /_people                      {"name","phone","role","instance"?}: add or change a person, customer or owner
POST   /_people/{phone}/messages     {"instance","text","quoted"?,"media"?}: the person writes; 201 with the message.
                                     media is {"kind","base64","mimetype"?,"filename"?,"seconds"?,"view_once"?}, the
                                     text its caption; instead of base64, "transcript" makes a recording in which that
                                     is said, "description" a picture in which that is seen, for the stand-in model
GET    /_people/{phone}/messages/{id}/media?instance=…   the file that came with a message
PATCH  /_people/{phone}/messages/{id}              {"instance","text"}: the person edits a message
DELETE /_people/{phone}/messages/{id}?instance=…   the person deletes a message for everyone
POST   /_business/{instance}/messages              {"to","text"}: somebody types on the business's own phone
GET    /_chats?person=…              the person's conversations, one per instance, oldest message first
GET    /_messages?after=N&instance=…&person=…      messages changed after revision N, and the newest revision
GET    /_stream                      the same live (server-sent events, resumes by Last-Event-ID), with typing and
                                     connection changes
GET    /_instances                   the businesses, without their tokens
PATCH  /_instances/{name}            {"state"?,"profile_name"?,"number"?}: state open or close plays an outage
GET    /_switches, PATCH {"ticks"}   delivery ticks (read, delivered or off), and the faults that wait
POST   /_faults                      {"kind","count"?,"seconds"?,"message"?,"delivered"?}: spoil the next sends, see
                                     `faults.py`; DELETE lets everything pass again
GET    /_webhooks?wait=SECONDS       events not delivered yet, and those given up, with their last error; with `wait` it
                                     answers as soon as nothing is on its way

`/` is a chat page that uses only these calls.
"""

from infra.local.whatsapp.app import create_app
from infra.local.whatsapp.config import GatewayConfig

__all__ = ["GatewayConfig", "create_app"]
