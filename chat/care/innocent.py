"""What sounds dangerous and is not: idioms, films, games, news, work, accidents."""

from __future__ import annotations

import re

# Taken out of a text before any rule reads it.
IDIOMS = re.compile(
    r"\b(?:"
    r"(?:is|are|was|were|its|been) (?:\w+ )?(?:killing|murdering) (?:me|us|my \w+)"
    r"|(?:homework|exam|joke|test|shift|day|heat|suspense|it) (?:almost |nearly )?killed me"
    r"|killed me (?:laughing|lol)|kill me now|you kill me|slay\w*"
    r"|(?:could|would|will) (?:kill|murder) (?:for )?(?:a|an|some|the) \w+"
    r"|kill(?:s|ed|ing)? (?:for )?(?:it|time|the (?:mood|vibe|boss|lights?|engine))\b"
    r"|(?:boss|wife|husband|mother|father|parents|teacher|sister|brother|girlfriend"
    r"|boyfriend|coach) (?:is going to|are going to|will|would|might) kill me"
    r"(?! if i (?:leave|tell|go)| tonight| please)"
    r"|(?:she|he|they) (?:is going to|are going to|will|would) kill me"
    r" (?:when|if) (?:she|he|they|i) (?:sees?|finds? out|hears?|notices?|forget|lose"
    r"|break|fail|am late|do not (?:call|clean|finish))\w*"
    r"|if i (?:fail|forget|lose|break|am late|do not|miss|flunk)(?: \w+){0,6}? ?,? (?:he|she|they"
    r"|my \w+) (?:will|would|is going to|are going to) kill me"
    r"|(?:is|was|are|were|absolutely|simply) (?:just )?out of this world"
    r"|(?:thought|felt like|feared|afraid|scared) (?:that )?i (?:was|am) (?:going to|about to) die"
    r"|sings?(?: \w+){0,4} die|d(?:ied|ying|ie) (?:laughing|of (?:laughter|laughing|embarrassment|boredom"
    r"|curiosity|shame|cuteness|thirst|hunger)|to (?:see|know|go|meet|try|hear|tell|get"
    r"|eat|read)|inside(?: laughing)?|for (?:a|some))"
    r"|to die for|die hard|(?:bored|scared|worried|sick|love \w+|loved|frightened) to death"
    r"|over my dead body|dead (?:tired|inside lol|serious|heat|end|line)|drop dead gorgeous"
    r"|(?:embarrass\w*|cringe\w*|awkward\w*|ashamed|mortif\w*|humiliat\w*)"
    r"(?: \w+){0,4}? (?:want|wanted|could have|going|thought)(?: \w+){0,2}? (?:to )?die\w*"
    r"|(?:want|wanted) to die (?:of|from|because of) (?:embarrass\w*|shame|cringe|laugh\w*)"
    r"|(?:shot|shoot|shooting) myself in the foot|shoot me (?:an?|the|your)\b"
    r"|hit(?:s|ting)? (?:on me|me up|me that|the (?:gym|road|books?|shops?|sack|bed|hay))"
    r"|it (?:just )?hits? me|hit me (?:hard|like)"
    r"|beat(?:s|ing)? (?:my|him|her|your)self up"
    r"|beat(?:s|ing)? (?:him|her|me|them) (?:up )?(?:over|about|at|to|by \d+|in"
    r" (?:chess|tennis|cards|the game|the final))|beat me up about"
    r"|beat(?:s|ing)? (?:around the bush|cancer|the \w+)"
    r"|end(?:ed|ing)? up|end of the day|end (?:it|things) with"
    r"|cut(?:ting)? (?:me|him|her|them) (?:some slack|off)|cut it out"
    r"|(?:stab\w*|knife) (?:me )?in the back|back ?stab\w*"
    r"|(?:would|will) rather die than (?:eat|wear|watch|listen|call|go back to work|lose)"
    r"|drown\w* (?:myself )?in (?:work|homework|paperwork|e ?mails?|books|chocolate|debt)"
    r"|overdos\w* on (?:chocolate|coffee|caffeine|sugar|tv|netflix|cake|cuteness|memes)"
    r"|(?:catch|caught|missed|take|took) the bus (?:to|from|home|at|back|into)"
    r")"
)
# With these a rule that is not firm says nothing.
SCENES = re.compile(
    r"\b(?:games?|gaming|level|boss fight|elden ring|minecraft|fortnite|roblox|zelda"
    r"|dark souls|call of duty|cod|valorant|overwatch|gta|skyrim|sims|league of legends"
    r"|d&d|dnd|campaign|ranked|respawn\w*|zombies?|noob|xbox|playstation|npc"
    r"|movies?|films?|cinema|netflix|episodes?|seasons?|sitcom|tv show|documentary|anime"
    r"|manga|novels?|chapters?|characters?|villain|hero|plot|storyline|actor|actress"
    r"|books?|series|songs?|sings?|lyrics|album|poem|musical|theatre|play about|romeo"
    r"|hamlet|mufasa|squad|13 reasons|thriller|podcast|true crime"
    r"|headline|news(?:paper)?|article|on tv|on the radio|report(?:ed)? (?:about|on|that)"
    r"|thesis|essay about|lecture|seminar|in class|history|exhibition|statistics|studied"
    r"|prevention|hotline|crisis line|helpline|shelter|volunteer\w*|awareness|charity"
    r"|centuries|century|world war|in the war|the war)\b"
)
ACCIDENT = re.compile(
    r"\b(?:accident\w*|by mistake|cook\w*|shav\w*|chopp\w*|kitchen|stove|oven|iron"
    r"|peel\w*|slic\w*|onions?|knife slipped|gym|football|soccer|basketball|tennis"
    r"|skiing|hiking|yoga|training|work ?out|running|jogging|playing|fell|trip(?:ped)?"
    r"|paper cut|paper|glass|gardening|kettle|coffee|tea|pan|curling|hair|salon|barber|grass|lawn|fabric|dress)\b"
)
PAST = re.compile(
    r"\b(?:last (?:week|month|year|summer|winter|night)|yesterday|(?:years?|months?|weeks?|days)"
    r" ago|when i was (?:a |young|little|\d)|once|the other (?:day|night)|as a (?:kid|child)"
    r"|recently|turned out|it was (?:just|only))\b"
)
SPORT = re.compile(
    r"\b(?:match|team|final|score|goal|points?|chess|cards|tournament|league|race|opponent"
    r"|coach said|penalty|set point|marathon|golf|boxing|judo|karate|sparring|martial)\b"
)
