"""What the cards say in words: where the data is from, what a model is for, where it fails."""

from __future__ import annotations

# Name of the data's folder -> what it is, and its licence.
SOURCES = {
    "emotion": (
        "*emotion* (dair-ai; Saravia et al., CARER, EMNLP 2018): English tweets, labels"
        ' assigned by the word beside "feel", not by readers',
        '"educational and research purposes only"',
    ),
    "empathetic_dialogues": (
        "EmpatheticDialogues (Rashkin et al., ACL 2019): openings of conversations, 32"
        " feelings mapped to the six",
        "CC BY-NC 4.0",
    ),
    "goemotions": (
        "GoEmotions (Demszky et al., ACL 2020): Reddit comments, labelled by people,"
        " mapped to the six",
        "CC BY 4.0",
    ),
    "news": (
        "BBC News (Greene and Cunningham, ICML 2006): articles of 2004 and 2005, lower case,"
        " near-duplicates removed before the split",
        "the articles are the BBC's, offered for research",
    ),
}
SET_TITLES = {
    "news": "BBC news, test",
    "emotion": "*emotion*, test",
    "chat": "200 chat messages of our own",
    "empathetic_dialogues": "EmpatheticDialogues openings, validation",
    "goemotions": "GoEmotions, validation",
}
EMOTION_USE = """## Intended use

Reads one English message and gives six scores that sum to 1, so that a chat can show which
emotion it may hold. For research and other non-commercial purposes only, since the data's
licences say so ([WEIGHTS-LICENSE](../../../WEIGHTS-LICENSE)).

Not for judging, ranking, diagnosing or treating anybody; not for deciding anything about a
person; not for finding out who is in danger."""
EMOTION_LIMITS = """## Limits

- English only. Six emotions only: shame, pride or boredom must become one of them.
- A message that holds none of them still gets six scores; below the threshold the page says
  "not sure", which does not catch all of them (see above).
- It reads one message without those before it, and takes irony at its word.
- The *emotion* set names its feeling in nearly every line, and its labels are automatic:
  figures on it say little about chat, which is why other texts stand beside it.
- Whose English it was trained on decides whose it reads well: tweets, crowd workers and
  Reddit. How it does by age, region or dialect was not measured."""
NEWS_USE = """## Intended use

Reads an English text, an article or a piece of one, and gives five scores that sum to 1:
business, entertainment, politics, sport, tech. For research and other non-commercial purposes
only, since the data's licence says so ([WEIGHTS-LICENSE](../../../WEIGHTS-LICENSE))."""
NEWS_LIMITS = """## Limits

- English only, five topics only: weather, crime or war must become one of them.
- All it learnt from is the BBC's of 2004 and 2005: names and products of today are unknown.
- It learnt from articles of at least 89 words; a headline alone is less than it is used to.
- A text longer than its windows hold is read in places, spread evenly from begin to end."""
ANY_USE = """## Intended use

What its data's licence allows, and nothing that decides about a person."""
ANY_LIMITS = """## Limits

It must name one of its labels, whatever it reads."""
USE = {"emotion": EMOTION_USE, "news": NEWS_USE}
LIMITS = {"emotion": EMOTION_LIMITS, "news": NEWS_LIMITS}
