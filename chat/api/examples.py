"""One example of everything, told as one small story; the schema shows them."""

from __future__ import annotations

from typing import Any

Body = dict[str, Any]

AT = "2026-11-22T18:04:11.120Z"
CONVERSATION_ID = "6f1d3f0e-5a0b-4a86-9b54-0f6f5d3c7a10"
MESSAGE_ID = "0b9c7d52-3f5e-4d0e-8a53-6d1f9b1c2e77"
REPLY_ID = "c2a4b6d8-1e3f-4a5b-9c7d-8e9f0a1b2c3d"
RECEIPT_ID = "9d8c7b6a-5f4e-4d3c-8b2a-1a0f9e8d7c6b"

CONVERSATION: Body = {
    "id": CONVERSATION_ID,
    "title": "I finally called my sister.",
    "classifiers": ["bert"],
    "created_at": AT,
    "updated_at": AT,
}
SNIPPET: Body = {
    "in": "message",
    "message": MESSAGE_ID,
    "parts": [
        {"text": "I finally ", "match": False},
        {"text": "called", "match": True},
        {"text": " my sister.", "match": False},
    ],
}
PAGE: Body = {"next": None, "previous": None}
CONVERSATIONS: Body = PAGE | {"results": [CONVERSATION | {"snippet": SNIPPET}]}
READING: Body = {
    "classifier": "bert",
    "label": "joy",
    "scores": {
        "anger": 0.01,
        "fear": 0.02,
        "joy": 0.9,
        "love": 0.04,
        "sadness": 0.02,
        "surprise": 0.01,
    },
    "model_version": "bert-1",
}
EXPLANATION: Body = {
    "classifier": "bert",
    "label": "joy",
    "method": "occlusion",
    "score": 0.9,
    "words": [
        {"start": 0, "end": 1, "weight": 0.01},
        {"start": 2, "end": 9, "weight": 0.37},
        {"start": 10, "end": 16, "weight": -0.04},
        {"start": 17, "end": 19, "weight": 0.02},
        {"start": 20, "end": 26, "weight": 0.11},
    ],
    "model_version": "bert-1",
    "duration_ms": 41,
}
TURN_REPLY: Body = {
    "id": REPLY_ID,
    "ordinal": 1,
    "attempt": 1,
    "state": "done",
    "reason": "stop",
    "text": "That sounds like a warm moment. How did it feel to hear her voice?",
}
REPLY: Body = TURN_REPLY | {
    "conversation": CONVERSATION_ID,
    "message": MESSAGE_ID,
    "generator": "reply-1",
    "first_token_ms": 180,
    "duration_ms": 640,
}
TURN: Body = {
    "id": MESSAGE_ID,
    "conversation": CONVERSATION_ID,
    "seq": 1,
    "rev": 4,
    "text": "I finally called my sister.",
    "created_at": AT,
    "classifiers": ["bert"],
    "classifications": [READING | {"duration_ms": 9}],
    "replies": [TURN_REPLY],
}
TURNS: Body = PAGE | {"results": [TURN]}
SEND: Body = {"id": MESSAGE_ID, "text": "I finally called my sister."}
CLASSIFIER: Body = {
    "name": "bert",
    "title": "BERT",
    "task": "emotion",
    "framework": "pytorch",
    "labels": ["anger", "fear", "joy", "love", "sadness", "surprise"],
    "sure_from": 0.42,
    "f1": 0.89,
    "speed": 120.0,
    "size": 31300000,
}
PERSON: Body = {
    "id": 17,
    "email": "alice@example.org",
    "name": "Alice",
    "avatar_url": "",
    "classifiers": [],
    "created_at": AT,
}
RECEIPT: Body = {
    "receipt": RECEIPT_ID,
    "state": "done",
    "requested_at": AT,
    "finished_at": AT,
    "deleted": {"conversation": 1, "message": 1, "reply": 1, "user": 1},
}
EXPORT: Body = {
    "exported_at": AT,
    "person": [{"id": 17, "email": "alice@example.org", "name": "Alice"}],
    "email_addresses": [{"email": "alice@example.org", "verified": True}],
    "google_accounts": [],
    "sessions": [{"ip": "127.0.0.1", "user_agent": "curl/8.5"}],
    "conversations": [CONVERSATION],
    "messages": [{"id": MESSAGE_ID, "text": "I finally called my sister."}],
    "classifications": [{"message": MESSAGE_ID} | READING],
    "corrections": [],
    "replies": [{"id": REPLY_ID, "message": MESSAGE_ID}],
    "feedback": [],
    "safety_events": [],
    "read_by_staff": [],
}
EVENTS = (
    "retry: 1000\n\n"
    "event: snapshot\nid: 1\n"
    f'data: {{"type":"snapshot","conversation":{{"id":"{CONVERSATION_ID}"}},"seq":1}}\n\n'
    "event: reply.delta\n"
    f'data: {{"type":"reply.delta","reply":"{REPLY_ID}","offset":0,"text":"That"}}\n\n'
)
