"""What is done to a person, what happens right now, and what somebody else may do."""

from __future__ import annotations

from chat.care.innocent import PAST, SPORT
from chat.care.rules import Kind, Rule


def _rules(
    kind: Kind, *texts: str, firm: bool = True, deniable: bool = True
) -> list[Rule]:
    innocent = {"abuse": SPORT, "danger": PAST}.get(kind)
    return [Rule(kind, text, firm, deniable, innocent) for text in texts]


ABUSE = [
    *_rules(
        "abuse",
        r"{PERSON}(?: \S+){0,3} {HURT}(?: (?:up|on))? (?:me|us)(?! out| at (?:chess|cards"
        r"|tennis)| to (?:it|the)| online| in the comments)",
        r"{PERSON}(?: \S+){0,2} (?:sexually |keeps? |kept |always )?touch(?:es|ed|ing)?"
        r" (?:me|my (?:body|breasts?|legs?|private\w*|butt|chest))(?! deeply| so much| with"
        r" (?:his|her) (?:words|story|kindness|speech|song))",
        r"physically (?:hurts?|hurting) me|{KIN} (?:keeps |is |always )?(?:hurts|hurting) me"
        r"|beat\w* (?:the \w+ )?out of me|(?:is|are|keeps?|kept) hurting me|hit by my {KIN}|gets? physical with me"
        r"|took advantage of me|without my consent|not remember consenting",
        r"(?:fear|scared|afraid|worried|terrified) for my (?:life|safety)|(?:un|not )safe (?:at"
        r" home|in my (?:own )?(?:home|house)|with (?:him|her|my {KIN}))",
        r"tried to (?:kill|strangle|drown|choke|poison) me",
        r"push(?:es|ed|ing)? me (?:down|against|off|over|around|out of)|dragg(?:ed|ing) me"
        r"|pull(?:s|ed|ing)? (?:me by )?my hair|thr(?:ows?|ew|owing) (?:\S+ ){1,2}at me"
        r"|bit me|(?:he|she|they|{KIN})(?: \S+){0,4} broke my (?:arm|rib|ribs|nose|jaw|finger"
        r"|wrist)|spits? (?:on|at) me",
        r"i (?:was|am|got|have been|had been|being|get|keep getting|keep being|been)"
        r"(?: \w+){0,2} (?:raped|molested|abused|beaten(?: up)?(?! in| at| by \w+ (?:points"
        r"|goals))|assaulted|groped|stalked|trafficked|strangled|choked|punched|slapped"
        r"|drugged|tortured|spanked|sexually \w+|roofied|harassed sexually)",
        r"(?:rape|rapes|raped|raping|molest\w*|grop(?:e|es|ed|ing)) (?:me|us)|my rape|my rapist"
        r"|my abuser|my (?:own )?abuse",
        r"(?:he|she|they|{KIN})(?: \S+){0,2} (?:threw|throws|slammed|slams|tied|ties|pinned|pins"
        r"|held|grabbed|grabs|yanked|shook) me (?:against|on|onto|into|across|to the|up|down"
        r"|by)|(?:gave|gives|left|leaves|leave) me (?:with )?(?:bruises|a black eye|marks|a"
        r" bloody|scars)|(?:left|leaves|leave) (?:bruises|marks)(?: on me)?|(?:made|makes) me"
        r" (?:bleed|scared|afraid|fear|feel unsafe|feel in danger)",
        r"(?:controls|controlling) (?:everything|every|my (?:every|whole|life|money|phone))"
        r"|isolat(?:e|es|ed|ing) me|not let me go (?:anywhere|out|outside|home|to (?:work|school))",
        r"private parts|inappropriate (?:things|pictures|videos|touch\w*)|touch\w* me"
        r" inappropriately|(?:said|says|tells?|told|asked)(?: me)?(?: \w+)? (?:keep (?:it|this) (?:a "
        r")?secret|(?:do )?not (?:to )?tell any\w+)",
        r"violence (?:at|in (?:my|our|the)) (?:home|house|family)|violent (?:behaviou?r|home"
        r"|household|relationship|marriage|father|husband|boyfriend|partner)",
        r"sexual(?:ly)? (?:abus\w*|assault\w*|harass\w*)|domestic (?:violence|abuse)"
        r"|abusive|abusing me|child abuse|incest|human trafficking",
        r"(?:victim|survivor) of (?:\w+ )?(?:abuse|violence|rape|assault|trafficking)",
        r"(?:forc(?:es|ed|ing|e)|makes?|made|making|coerc\w*|pressur\w*) (?:me|himself|herself)"
        r" (?:to |into )?(?:have (?:sex|intercourse)|sex|do (?:sexual )?things|touch|undress"
        r"|sleep with|strip|marry|on (?:me|to me)|onto me|in me|send (?:him )?(?:nudes|photos"
        r"|pictures))",
        r"(?:have sex|sleep) (?:with me |with him |with her )?when i (?:do|did) not want",
        r"(?:com(?:es|e|ing)|came|sneaks?|walks?) (?:in|into|to|inside) ?(?:to )?my (?:bed ?)?"
        r"(?:room|bed) (?:at|every|when|in the) (?:night|everyone|everybody|nobody|sleep)",
        r"watch(?:es|ed|ing) me (?:in the shower|undress|change|sleep|bathe|shower)",
        r"(?:did|does|doing|do) (?:bad |weird |sexual )?things to (?:me|my body)|things to me"
        r" that",
        r"(?:tells?|told|says?|said|makes?|made|asks?|asked|begs?|wants?) me (?:to|not to)"
        r"{FEW} (?:secret|tell any\w+|tell my)|our (?:little )?secret",
        r"(?:nobody|no one|nobody) (?:will|would) (?:ever )?believe me",
        r"(?:not|never) (?:let|allow\w*|permit) me (?:to )?(?:leave (?:the house|him|home)|out"
        r" of|leave|see (?:my )?(?:family|friends|anyone)|go outside|eat|have (?:my"
        r" own|money|friends)|out)",
        r"not allowed to (?:see|leave|talk to|have) (?:my |the |any ?)?(?:friends|family|house"
        r"|one|money)",
        r"(?:he|she|they|{KIN}|boss|pay)(?: \S+){0,4} (?:took|takes|taken|has|hid|confiscat\w*"
        r"|keeps?|kept)(?: away)? my (?:passport|papers|documents|id|phone and|money)",
        r"lock(?:s|ed|ing)? me (?:in|up|out|inside|away)|without (?:any )?food|not feed (?:me"
        r"|us)|starves? (?:me|us)|no food at home",
        r"work (?:for them )?without (?:pay|money|being paid)|forces? me to work",
        r"threat(?:en)?(?:s|ed|ing)? (?:to )?(?:kill|hurt|beat|harm|me|us|my life|expose)"
        r"|sends? me threats|death threats",
        r"(?:said|says|say|told me|tells me|swore|keeps saying|vow\w*|texts?|texted)(?: that)?"
        r" (?:he|she|they) (?:will|would|is going to|are going to|can) (?:kill|hurt|find|beat"
        r"|destroy|shoot|burn|send my|post my)",
        r"(?:will|would|is going to|are going to) kill me if i (?:leave|tell|go|call|say)",
        r"stalk\w* me|(?:my|a) stalker|being stalked|waits? (?:for me )?outside (?:my|our|the)",
        r"(?:keeps? |kept |been )following me(?! on| back)",
        r"blackmail\w*|(?:nudes|naked (?:pictures|photos)|nude|intimate (?:pictures|photos))",
        r"(?:hide|hiding|cover\w*|explain\w*|full of|have)(?: \w+){0,4} (?:bruises|black eye)",
        r"bruis\w* (?:all|again|on my|before|everywhere|from)",
        r"(?:afraid|scared|terrified|frightened)(?: \w+)? (?:of (?:my )?(?:own )?(?:{KIN}"
        r"|him|her)(?! (?:leaving|dying|finding|getting|being|going|not))"
        r"|to go (?:back )?home|to be alone with|of going home|of what (?:he|she|they))",
        r"what (?:he|she|they) (?:will|would|might|is going to|could|may) do to (?:me|us)",
        r"(?:put|puts|putting|laid|lays|lay|laying|raises?|raised) (?:his |her |their )?hands?"
        r" (?:up )?(?:on|around|to) (?:me|us|my)",
        r"(?:said|say|told (?:him|her|them)) (?:no|to stop|stop){SOME} (?:not stop|kept|anyway"
        r"|did not)|not (?:say yes|consent|give consent)|against my will",
        r"end up in (?:the )?(?:emergency|hospital|er)|violent (?:to|with|towards?) (?:me|us)"
        r"|(?:he|she|{KIN}) (?:is|was|gets|becomes|can be|got)(?: \w+){0,2} violent",
        r"(?:walking|walk) on eggshells (?:around|because)",
    ),
]

DANGER = [
    *_rules(
        "danger",
        r"(?:someone|somebody|a man|an intruder|a burglar|a stranger|he) (?:is |has )?(?:still )?"
        r"(?:broken |got )?(?:in|into|inside) (?:my|our|the) (?:house|flat|apartment|home)",
        r"(?:someone|somebody|a man|burglars?|intruders?|strangers?|he|they)(?: \S+){0,3}"
        r" (?:breaking in|(?:trying|tries) to (?:break|get) in\w*)",
        r"{STRANGER}(?: \S+){0,2} (?:(?:walk|stand|lurk|sneak|creep|prowl|snoop|bang)\w*|hiding"
        r"|(?:mov|hang)ing around)(?: \S+){0,3} (?:outside|around|at|behind|under|in|into|on) {AT_HOME}"
        r"(?!.*(?:flower|deliver|package|parcel|pizza|surpris|guitar))",
        r"{STRANGER}(?: \S+){0,2} (?:look|peek|peer|star(?=e|ing))\w* (?:in|into|through|at) (?:my"
        r"|our|the) (?:\w+ )?windows?|{STRANGER}(?: is| standing)? outside (?:my|our) windows?",
        r"stranger(?: \S+){0,2} in {AT_HOME}|alone(?: \S+){0,8} hear(?:d|ing)? (?:someone"
        r"|somebody|footsteps)|hear(?:d|ing)? (?:someone|somebody|footsteps)(?: \S+){0,8} alone",
        r"i am in (?:\w+ )?danger|my life is in danger|not safe right now|send help|i need (?:the"
        r" police|an ambulance)|he (?:has )?found me|(?:he|someone|somebody) is (?:right )?outside"
        r" (?:my|the) (?:door|house|window|room)",
        r"break(?:ing)? into my (?:house|flat|room|apartment|home)|smash\w* (?:the|my|down)"
        r"(?: \w+)? (?:door|windows?)|kick\w* (?:down|in) (?:the|my) door",
        r"(?:trying|tries|tried|about|going|wants?|coming) to (?:kill|hurt|strangle|stab"
        r"|shoot|rape|murder) (?:me|us)",
        r"(?:he|they|someone|somebody) (?:will|would) (?:kill|hurt|stab|shoot|murder) (?:me|us)",
        r"(?:hold(?:s|ing)?|held|keep(?:s|ing)?|kept) (?:me )?(?:hostage|captive|prisoner|here"
        r" (?:for|against)|against (?:my|our) will)|(?:held|kept|holding me|keeping me) here",
        r"(?:was|am|been|got|being|trying to) (?:kidnap\w*|abducted)|not let me go(?=$| \.| ,| and| home| please)",
        r"(?:i am|we are|am) hiding(?: from| in| under| and)?|nowhere to (?:hide|run)|locked"
        r" (?:myself )?in the (?:bathroom|toilet|bedroom|closet|basement|trunk|car|room)",
        r"(?:hear|heard) (?:him|her|them) (?:coming|on the stairs|at the door|outside)",
        r"(?:man|someone|somebody|guy|car|he|they)(?: \S+){0,3} following me(?! on| back)",
        r"(?:he|she|they|coming|is) (?:is |are )?coming (?:back|for me|after me)(?: \w+)*"
        r" (?:furious|kill|gun|knife|angry|hide|tonight)",
        r"(?:please |someone |somebody |must |need to )call (?:911|999|112|000|the police"
        r"|the cops|an ambulance|emergency)|(?<!\w )call (?:911|999|112|an ambulance)",
        r"call (?:the )?(?:police|cops) to my|if i (?:go quiet|stop (?:writing|answering"
        r"|texting|typing|responding)|do not answer)",
        r"bleeding (?:a lot|out|heavily|badly|to death|everywhere|and)|(?:not|will not|can"
        r" not) stop (?:it |the )?bleeding|stop the bleeding|(?:los(?:ing|t)) (?:a lot of"
        r"|so much|too much) blood",
        r"(?:i am|is) having an? (?:heart attack|stroke|seizure|allergic|anaphyla\w*)",
        r"not breathe(?: \w+){0,5} (?:chest|lips|throat|help|blue|swell\w*|tight)|(?:chest"
        r"|lips|throat)(?: \S+){0,6} not breathe",
        r"lips(?: \S+){0,3} blue|chest (?:hurts|pain)(?: \S+){0,6} (?:arm|breathe|numb)|arm"
        r" (?:is|feels|went|goes) numb",
        r"(?:swallowed|drank|drunk|drink|ingested|ate)(?: \w+){0,2} (?:bleach|poison"
        r"|antifreeze|acid|detergent|gasoline|petrol|rat poison|batteries|battery|cleaner)",
        r"(?:drank|alcohol|drunk|vodka|whisky|wine)(?: \S+){0,6} (?:xanax|pills|benzos|valium"
        r"|tablets|sleeping)|(?:xanax|pills|benzos){SOME} not stay awake|not (?:stay|keep"
        r" myself) awake",
        r"(?:fire|smoke) (?:in|at|under) (?:my|our|the) (?:house|flat|apartment|room|home"
        r"|building|kitchen|door|hall)|(?:house|flat|apartment|building|home) is (?:on fire"
        r"|burning)|trapped (?:under|inside|in (?:the|my|a) (?:house|car|fire|lift|elevator|room))",
        r"(?<![a-z] )(?:please )?help(?: me)? ?,? (?:he|she|they|someone) (?:is|are|has|will)|(?:he|she|they) (?:is|are|has"
        r"|will)(?: \S+){0,6} (?:please |pls )help(?: me)?(?=$| \.)",
    ),
    *_rules(
        "danger",
        r"{PERSON}(?: \S+){0,6} (?:has|had|have|got|with|pulled|pull|holding|holds|waving"
        r"|brought|grabbed|points?|pointed) (?:a|an|his|her|the)(?: \w+)? {WEAPON}(?! and fork"
        r"| collection| to cut| set)",
        r"threaten\w* (?:me|us) with (?:a|an|his|her|the) {WEAPON}",
        r"i (?:have been|was|got|am|been|just got)(?: just)? (?:stabbed|shot|poisoned|drugged)(?! down)",
        firm=False,
    ),
]

THEIR = r"(?:his|her|their|his own|her own|their own)"

OTHER = [
    *_rules(
        "other",
        r"{PERSON}{MANY} (?:kill|killing|hang|hanging|shoot|unalive|off|end|ending|drown"
        r"|harm\w*|hurt|hurting|cut|cuts|cutting|burn\w*|hit|hitting|starv\w*|overdos\w*)"
        r" {SELF}",
        r"{PERSON}{MANY} (?:is|are|was|feels?|felt|be|seems?|sounds?|being|gets?|getting|maybe"
        r"|might be) (?:\w+ )?suicidal",
        r"{PERSON}{MANY} (?:tried|tries|attempt\w*|wants?|wanted|threat\w*|try|plan\w*|talk\w*"
        r"|think\w*|thoughts?|going|mention\w*|joke\w*|consider\w*|is|almost|nearly)"
        r"{FEW} (?:suicide|suicidal|kms|overdose)",
        r"(?:he|she|they|{KIN}|friend|student|classmate|kid|child|boy|girl|guy|roommate)"
        r"(?: \S+){0,5} (?:wants|want) to (?:just )?(?:die|be dead|end it|end it all|unalive"
        r"|disappear forever)",
        r"{PERSON}(?: \S+){0,5} not (?:\w+ )?want to (?:live|be (?:here|alive|around)|exist|wake"
        r" up)",
        rf"{{PERSON}}{{MANY}} (?:end|ending|tak(?:e|ing)|took|taken) {THEIR} (?:own )?life",
        r"{PERSON}{MANY} (?:took|swallowed|taken|downed){FEW} {LOTS}{FEW} {PILLS}",
        r"{PERSON}(?: \S+){0,5} (?:overdosed|od|self (?:harm\w*|injur\w*))",
        r"(?:friend|{KIN}|roommate|student|classmate|he|she|they) (?:\S+ ){0,4}(?:going to|want"
        r" to|wants to|will|about to|gonna) (?:kms|unalive)",
        r"(?:we|they|i|every\w+) (?:would|will|are|is) (?:all )?be better off without"
        r" (?:him|her|them)",
        rf"(?:giv(?:es?|ing|en)|gave)(?: \S+)? (?:away )?(?:all )?{THEIR} (?:things|stuff"
        r"|belongings|possessions|guitar|dog|cat)",
        r"(?:he|she|they|friend|{KIN})(?: \S+){0,5} not (?:be )?need\w* (?:it|them) (?:anymore"
        r"|any more)",
        r"(?:texted|wrote|sent|said|messaged|posted|told|text|keeps saying|says)"
        r"(?: \S+){0,6} (?:goodbye|farewell|end it|not be around|worry about me"
        r"|better off without|not be here|join (?:him|her))",
        r"(?<!\bmy )(?:goodbye|farewell|suicide) (?:message|text|note|letter|post)(?! of)",
        r"loaded gun|(?:sleeps?|walks?|sits?) with a (?:gun|knife)|strange things about",
        r"(?:blades?|razors?|bloody \w+|pills|rope|noose){FEW} in (?:his|her|their|my \w+?s?)"
        r" (?:room|bag|drawer|bed|backpack)",
        r"found (?:blades?|razors?|a noose|a rope|a suicide)",
        r"(?<!\bi )(?<!\bwe )(?<!\bwill )(?<!\bto )(?:hits|hitting|beats|beating|beat up|chok(?:es"
        r"|ed|ing)|slaps?|slapped|punch(?:es|ed)|abus(?:es|ed|ing)|strangl(?:es|ed)|kicks"
        r"|rap(?:es|ed)|molest\w*|threaten(?:s|ed))(?: up)? (?:her|him|them|his (?:wife|kids?"
        r"|child|children|son|daughter|girlfriend|dog)|her (?:kids?|child|children|son"
        r"|daughter|husband)|my (?:mother|sister|brother|friend|daughter|son|little \w+|aunt"
        r"|grandmother|cousin|niece|nephew))(?! at| in (?:chess|tennis|the)| up (?:about|over)"
        r"| to (?:it|the)| for the| head| window| car)",
        r"(?:{KIN}|he|boyfriend) hit (?:her|him|my (?:mother|sister|brother|friend))(?=$| \.| ,"
        r"| and| again| last| when| in the face)",
        r"{PERSON}(?: \S+){0,6} (?:is|was|are|were|gets?|got|being|been)(?: \w+){0,2} (?:abused"
        r"|beaten(?! at| in| by \d)|raped|molested|assaulted|sexually \w+|groomed|trafficked"
        r"|stalked)",
        r"(?:kid|child|girl|boy|children|daughter|son|student|neighbou?r)(?: \S+){0,5} bruis\w*",
        r"(?<!\bi am )in an abusive (?:relationship|marriage|home)",
        r"(?:want|going|plan\w*|urge|like|might) to (?:\w+ )?(?:kill|stab|shoot|murder|hurt|harm"
        r"|attack|strangle) (?:someone|somebody|people|everyone|everybody|others|my (?:baby"
        r"|child|kids?|wife|girlfriend|boyfriend|partner|family|boss|classmates?))",
        r"(?:i|stop|physically)(?: \S+){0,2} (?:hit|hitting|beat|beating|abuse|abusing|choke"
        r"|hurt|hurting) my (?:girlfriend|wife|partner|boyfriend|husband|kids?|child"
        r"|children|baby|mother|father)(?! at| in chess| feelings| with my words)",
        r"(?:bring|brings|brought|take|took|taking|bringing) (?:a|his|the) (?:gun|knife|weapon"
        r"|bomb)(?: \w+)? (?:to|into) (?:school|work|class|the office|church)|shoot (?:up|every"
        r"\w+)|school shoot\w*|blow up the (?:school|office)|(?:kill|hurt) (?:every\w+|all of"
        r" them|people at)",
        r"not (?:answer\w*|respond\w*|wak\w* up)(?: \S+){0,6} (?:pills|overdose\w*|tablets)"
        r"|(?:pills|tablets)(?: \S+){0,5} (?:not answer\w*|not respond\w*|unconscious)",
        firm=False,
    ),
]
