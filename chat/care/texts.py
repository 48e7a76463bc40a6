"""What is said where the model must not speak: fixed sentences, reviewed, kind.

They name no number: who reads a reply, and where, is not known when it is written. The
card on the page has the numbers (helplines.py). They ask nothing that a program could
not take up, promise nothing, and give no instructions but to reach a person.
"""

from __future__ import annotations

CARD = "The help card at the top of this page shows who you can call or text right now."
URGENT = (
    "If you are in danger at this moment, please call your local emergency number or go"
    " to somebody near you."
)

CARE = {
    "suicide": (
        "I am so glad that you wrote this instead of keeping it to yourself. I am a"
        " program, so I cannot be there for you as a person can, and you deserve a person"
        f" now. {CARD} They talk with people who feel this way every day. {URGENT} If"
        " you can, put some distance between yourself and anything you could use to hurt"
        " yourself, and stay near somebody you trust."
    ),
    "self_harm": (
        "Thank you for telling me. It must hurt a lot to need that, and you do not have to"
        " be ashamed of it. I am a program and cannot look after you, but there are"
        f" people who understand this well. {CARD} If you have a wound that worries you,"
        " please let somebody see it today. You matter, also on days like this."
    ),
    "abuse": (
        "I believe you, and it is not your fault. Nobody may treat you like that. I am a"
        " program and cannot protect you, but there are people whose work it is, and they"
        f" will listen without judging. {CARD} {URGENT} If somebody might look at this"
        " device, you can delete this conversation from the list."
    ),
    "danger": (
        "Please get help right now: call your local emergency number, or ask somebody near"
        " you to call. I am a program; I cannot call anybody for you. If you can,"
        " go to a safer place where there are other people. If you cannot speak, stay on"
        f" the line: in many places they can still help. {CARD}"
    ),
    "other": (
        "It is good that you worry about them, and that you do not look away. If they"
        " may be in danger at this moment, please call your local emergency number."
        " Otherwise, ask them directly, listen without judging, and do not stay alone"
        f" with it: helplines are there for you too. {CARD} I am a program and cannot"
        " reach anybody for you."
    ),
}
FOLLOW_UP = (
    "Thank you for writing on. I read every word, but I am a program, and what you carry"
    f" needs a person. {CARD} You do not have to know what to say: “I am not okay” is"
    " enough. If you are safe for now, you can say so on the card, and we go on talking.",
    "I am still here, and I would so much like you to have a person beside you. Is there"
    f" somebody you could call or sit with, even without explaining? {CARD} If you are"
    " safe for now, tell me on the card.",
)
LOWERED = (
    "I am glad to read that, and thank you for telling me. If I misunderstood you, I am"
    " sorry; I would rather ask once too often. The help card stays at the top in case you"
    " need it. What would you like to talk about?"
)
PROGRAM = (
    "I am a program, not a person: a small language model that reads which emotion is in"
    " your words and answers as kindly as it can. I have no body, no past and no feelings"
    " of my own, and I can be wrong. I am glad to listen, though. What is on your mind?"
)
# In place of a reply that the output check stopped.
INSTEAD = (
    "Thank you for telling me. I would like to understand it better: what weighs most?",
    "I hear you. I do not have the right words for this, but I am listening.",
    "That sounds like a lot. Would you like to tell me more about it?",
    "I am not sure that I can answer this well. How do you feel about it right now?",
    "Thank you for trusting me with this. What would feel like a little relief today?",
    "I am listening. What happened then?",
    "It is good that you say it out loud. Who else knows how you feel?",
    "I would rather listen than say something wrong. Tell me a little more, if you like.",
)
INSTEAD_WORTHLESS = (
    "I do not see you that way. You are worth being treated gently, by yourself too.",
    "That is a harsh thing to believe about yourself, and I do not agree with it.",
    "You matter, even on a day when it does not feel like it.",
)
INSTEAD_ADVICE = (
    "That is a question for somebody who knows your situation and this field: please ask"
    " a professional. I am glad to listen to how you feel about it.",
    "I am a program and must not advise you on this. A professional can; what worries"
    " you most about it?",
)
INSTEAD_HUMAN = (
    "I am a program and have not lived through anything myself, but I am glad to listen."
    " What is it like for you?",
    "I have no life of my own to compare it with, as I am a program. How was it for you?",
    "As a program I only know what you tell me, so please tell me more.",
)
