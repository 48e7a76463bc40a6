"""What a slot of a phrase table may be filled with."""

from __future__ import annotations

SLOTS: dict[str, tuple[str, ...]] = {
    "pet": ("dog", "cat", "puppy", "kitten", "hamster", "rabbit", "horse", "parrot", "bird"),
    "who": ("mom", "mother", "dad", "father", "brother", "sister", "grandma", "grandmother",
            "grandpa", "grandfather", "uncle", "aunt", "cousin", "son", "daughter", "best friend"),
    "love": ("boyfriend", "girlfriend", "husband", "wife", "partner", "fiance"),
    "friend": ("friend", "best friend", "roommate", "coworker", "colleague", "neighbor",
               "sister", "brother", "cousin"),
    "when": ("yesterday", "today", "last night", "last week", "this morning", "last month",
             "a few days ago", "two days ago", "on monday", "last year"),
    "soon": ("tomorrow", "next week", "in two weeks", "next month", "this weekend", "on friday",
             "soon", "in june", "this summer"),
    "test": ("exam", "test", "math exam", "driving test", "final exam", "interview",
             "presentation", "chemistry test", "job interview", "history exam", "speech"),
    "low": ("tired", "sad", "depressed", "down", "exhausted", "lonely", "empty", "hopeless",
            "miserable", "hurt", "lost", "worn out", "low", "unhappy", "broken", "gloomy"),
    "low2": ("sad", "depressed", "tired", "lost", "alone", "hopeless", "drained", "empty",
             "sleepless", "discouraged", "numb", "weak", "down"),
    "dread": ("spiders", "flying", "the dark", "heights", "losing my job", "being alone",
              "snakes", "the dentist", "the future", "driving", "dying", "failing", "storms",
              "losing my parents", "speaking in public", "needles", "the war", "going outside"),
    "place": ("Paris", "Italy", "the beach", "Spain", "New York", "Japan", "the mountains",
              "London", "Greece", "Mexico", "Hawaii", "Disneyland", "Berlin"),
    "name": ("Anna", "Ben", "Maria", "John", "Sarah", "Tom", "Lisa", "David", "Emma", "Max",
             "Sophie", "Alex", "Julia", "Mike", "Laura", "Peter", "Nina", "Chris", "Kate", "Sam",
             "Emily", "Daniel", "Olivia", "James", "Mia", "Paul", "Amy", "Mark", "Zoe", "Leo"),
}  # fmt: skip
