"""Suicide and self-harm, in the words of the person concerned."""

from __future__ import annotations

from chat.care.innocent import ACCIDENT
from chat.care.rules import Rule


def _suicide(*texts: str, firm: bool = True, deniable: bool = False) -> list[Rule]:
    return [Rule("suicide", text, firm, deniable) for text in texts]


def _harm(*texts: str, firm: bool = True, deniable: bool = True) -> list[Rule]:
    return [Rule("self_harm", text, firm, deniable, ACCIDENT) for text in texts]


INTENT = (
    r"(?:want|wants|wanted|wish|need|going|will|would|plan\w*|try|tried|trying|think\w*"
    r"|thoughts?|thought|decid\w*|ready|about|might|should|could|may|urge\w*|hope|idea"
    r"|deserve|rather|have|ways?|how|let me|promis\w*|feel like)"
)

SUICIDE = [
    # Firm: somebody means themselves.
    *_suicide(
        rf"{INTENT}{{FEW}} (?:kill|killing|killed|unalive|off|offing|end|ending|delete"
        r"|neck|hang|hanging|hanged|hung|drown|drowning|shoot|shooting|gas|poison"
        r"|game end|yeet|throw|stab|suffocate|execute|self delete|kermit) {MYSELF}",
        rf"{INTENT}{{FEW}} (?:to |just |of |about )*{{DIE}}",
        r"(?:want\w*|wish\w*|ready|rather|deserve\w*|need|plan\w*|hop(?:e|ed|ing)|urge|decided"
        r"|should|think\w* (?:of|about)|supposed)(?: i)?(?: \w+)? (?:to |just )*(?:die|dying"
        r"|death)(?! of| laughing| on that| alone| someday| before| one day)",
        r"(?:a|such a|just a|only a|nothing but a|huge|any|no) burden(?: (?:to|on|for) (?:every\w+"
        r"|my \w+|them|all|others|people|him|her|you|the))",
        r"such a burden",
        r"i am (?:actually |really )?(?:killing|hanging|drowning|ending) {MYSELF}",
        r"suicidal(?! person| people| patients?)",
        r"my (?:own )?(?:suicide|death)(?! certificate)",
        deniable=True,
    ),
    *_suicide(
        r"(?:not|no longer|never) (?:\w+ )?(?:want(?:ed)?|feel like) (?:to )?(?:{LIVE}|living"
        r"|existing|being alive)",
        r"not (?:do|take|handle|cope|endure|carry on|survive)(?: with)?(?: this| it"
        r"| the pain| life| things)?(?: anymore| any more| any longer| much longer)(?=$| \.| ,)",
        r"(?:going to|will|about to|could just) take (?:them|it) all|{PILLS} (?:are )?(?:right )?"
        r"(?:here|next to me|in my hand|beside me|ready)",
        r"not care what happens(?: to me)?(?=$| \.| ,| anymore)|voices? (?:are |is |that )?(?:tell"
        r"|told|telling|tells|say|saying|says) (?:me )?(?:to|that)",
        r"not see (?:a|any|the) (?:way|path) (?:forward|out|through|ahead)",
        r"think\w* (?:about|of){FEW} (?:gun|rope|noose|razor|blade|bridge|roof)(?= in| at| on| \.|$)",
        r"not think i (?:can|will) (?:go on|do this|make it|keep going|survive|continue)",
        r"(?:giv(?:e|ing|en)|gave) up on (?:life|living|everything|myself)|(?:want|ready|going"
        r"|like|about|rather) (?:to )?(?:just )?(?:give|giving) up(?=$| \.| ,| completely)",
        r"give up(?: \S+){0,4} no hope|there is no hope(?: left)?(?= for me|$| \.| ,)|no hope left"
        r" for me",
        r"dark thoughts|thoughts of (?:death|dying|ending)|death (?:is|seems|would be|sounds)"
        r" (?:the only|better|easier|like|peaceful|nice|a relief)",
        r"(?:not|never) (?:mind|care) if (?:i|something|a|the|some)(?: \w+){0,3} (?:die|died|dead"
        r"|happen(?:s|ed)|hit|never woke|not wake)",
        r"if i (?:just |simply )?(?:did not|never) (?:wake|woke) up|what if i (?:just )?(?:died"
        r"|was dead|were dead|was gone|disappeared)",
        r"(?:would|will|could|might|must) be (?:better|easier|happier) (?:for|on) (?:every\w+|them|my \w+|us all)(?= \.|$| ,| if i"
        r"| without)",
        r"better if i (?:was|were|am) (?:not|gone|dead|never)",
        r"i am (?:standing|sitting|up|out) (?:on|at) (?:the|a|my) (?:\w+ )?(?:bridge|roof|rooftop"
        r"|ledge|edge|tracks|cliff)",
        r"(?:lost|losing) (?:the|all|my|any) (?:will|reason|desire|wish) to (?:live|go on|be)",
        r"(?:i|just) want out(?=$| \.| ,)|want to be (?:gone|with (?:him|her|them|my \w+) (?:in"
        r" heaven|again in))|hate (?:living|being alive|existing)",
        r"not (?:\w+ )?want(?:ed)? (?:to )?{LIVE}",
        r"not (?:\w+ )?(?:deserve|care|matter)(?: if i)? (?:to )?(?:live|be alive|exist|wake"
        r" up|die)",
        r"(?:wish|hope)(?:ed)?(?: that)? (?:i|god|someone|a|the|some|my){MANY} (?:dead|die"
        r"|killed|not alive|never (?:been )?born|not (?:been )?born|not exist|disappear"
        r"|not wake up|never wake up|take me|hits? me|kills? me|cancer|forever"
        r"|permanently|not be here|gone|dead)",
        r"pray\w*{MANY} (?:takes? me|not wake|never wake|let me die)",
        r"(?:want|wish|need)(?: \w+)? to (?:just )?(?:not exist|stop existing|stop being)",
        r"i (?:was|were|had|am) (?:better off dead|never (?:been )?born|already dead)",
        r"(?:better|happier|easier|fine|relieved)(?: off)?{FEW} (?:without me|if i (?:was|were"
        r"|am) (?:dead|gone|not|to)|when i am (?:gone|not|dead)|if i (?:died|disappeared)"
        r"|off dead|dead)",
        r"(?:be |would be |it )easier{FEW} (?:dead|died|disappeared|gone)",
        r"(?:nobody|no one|nobody|not a soul|who|not) (?:would |will )?(?:even |really )?"
        r"(?:notice|miss|care|mourn|cry){SOME} (?:gone|died|die|dead|disappeared?|not here"
        r"|killed)",
        r"(?:no|not any|any|a|one|single|lost my|lost every|zero) (?:reason|point|purpose"
        r"|will|sense|use)(?: left)? (?:to|in|of|for|why)(?: me)?(?: to)?{FEW} {LIVING}",
        r"(?:nothing|no one|nobody|not anything)(?: left)?(?: for me)? (?:to live for"
        r"|keeps me (?:here|alive)|worth living)",
        r"(?:why|what) (?:should|do|am|is)(?: the point)?{FEW} (?:keep living|still alive"
        r"|living|stay alive|i still here)",
        r"not worth (?:living|it to live)|life is not worth(?! \w+ing)|(?:fall a?sleep|sleep"
        r"|close my eyes){FEW} (?:and|but|to)? ?(?:never|not|stay asleep|forever) ?(?:wake"
        r"|open|ever)?",
        r"(?:tired|sick|done|fed up|exhausted|weary|had enough) (?:of|with|from) (?:living"
        r"|being alive|life(?! at| in the| as a)|existing|existence|being here|this life)",
        r"not (?:be able to )?(?:go on|keep living|keep going|live)(?: \w+)? ?(?:like this"
        r"|anymore|any more|any longer|this way|with myself|without (?:her|him)|$|\.|,)",
        r"living is (?:too|just|so|unbearable)|(?:end|ending|taking|take|took) my (?:own )?"
        r"(?:life|suffering|existence)|suicide (?:note|letter|plan|attempt|method)",
        r"(?:painless|least painful|easiest|easy|quickest|quick|best|fastest|peaceful)"
        r"(?: \w+)? ways? (?:to|of) (?:die|go|end|commit|kill|dying|suicide|killing)",
        r"how (?:do|can|could|would|should|to)(?: i| you| one| someone| people)?(?: \w+){0,2}"
        r" (?:die|kill (?:myself|yourself)|hang|overdose|commit|bleed out)(?! at)",
        r"how (?:many|much|long|high){SOME} (?:die|kill (?:myself|you|me|a person|someone)"
        r"|lethal|deadly|overdose|noose|(?:not|never) wake up|fatal|bleed out)",
        r"(?:took|taken|swallowed|swallow|swallowing|downed|popped|take|taking|ate){FEW}"
        r" {LOTS}{FEW} {PILLS}",
        r"(?:count|counting|stockpil\w*|hoard\w*|sav(?:e|ed|ing)(?: up)?|collect\w*)(?: up)?"
        r" (?:my |the |all )?{PILLS}",
        r"(?:have|got|bought) (?:the|enough|a|my) (?:pills|rope|noose|gun|tablets){SOME}"
        r" (?:courage|ready|plan|tonight|myself)",
        r"bought a (?:rope|noose)|noose|slit my|gun (?:in my mouth|to my head|against my)",
        r"(?:slice|cut|open|opening) my (?:veins|wrists? open|throat)",
        r"use it on {MYSELF}",
        r"jump\w* (?:off|from|in front|under|out)(?: of)? (?:the|a|my|that|this|an?)(?: \w+)?"
        r" (?:bridge|balcony|roof|building|window|train|bus|ledge|tracks|car|truck|floor"
        r"|tower)",
        r"(?:if|could|want|think\w*|thought|wonder\w*|tempted|urge) (?:\w+ ){0,4}(?:drove"
        r"|driv(?:e|ing)|steer\w*|swerv\w*|crash\w*|walk\w*|step\w*|let\w* go|jump\w*)"
        r"(?: my car| of the wheel)? ?(?:into|off|in front|against|under|to|at)?{FEW}"
        r" (?:tree|wall|bridge|river|truck|traffic|train|tracks|cliff|edge|oncoming)",
        r"(?:train|railway|rail) tracks?(?! field)|edge of (?:the|a) (?:roof|cliff|bridge"
        r"|building|platform)|on (?:the|a) (?:roof|ledge|bridge){MANY} (?:step back|jump"
        r"|reason|end|letting go)",
        r"(?:looking|look|stare|staring) at (?:the )?(?:river|knives|knife|tracks|bridge"
        r"|pills|rope|water){SOME} (?:wonder\w*|think\w*|tempt\w*|want\w*)",
        r"(?:goodbye|farewell|final|last) (?:letters?|notes?|message|words|video)(?! of the)",
        r"(?:wrote|written|writing|write|left|finished) (?:the|my) (?:note|last letter)",
        r"(?:my|the) note (?:says|is (?:ready|written|on))|letters? to {SOME} when i am gone",
        r"this is (?:my )?(?:goodbye|the end for me|my farewell|it for me)|goodbye (?:every"
        r"\w+|world|all|forever|for ever|cruel)",
        r"(?<![a-z] )(?:please )?tell (?:my \w+|them|him|her|every\w+)(?: that)? i (?:am sorry"
        r"|loved?)",
        r"(?:when|after|once|before) i am (?:gone|dead|no longer)|i will (?:soon )?be gone",
        r"by the time (?:any\w+|you|they|some\w+){FEW} (?:reads?|finds?|sees?|hears?)",
        r"not (?:be|being) (?:here|around|alive)(?: \w+)? ?(?:anymore|any more|much longer"
        r"|tomorrow|next|for (?:christmas|my|the|long))",
        r"not see (?:myself|me)(?: \w+)? ?(?:being )?(?:around|here|alive|living)"
        r"|not see a future|no future for me",
        r"(?:giv(?:e|ing|en)|gave)(?: away)? (?:all )?my (?:\w+ )?(?:things|stuff|belongings"
        r"|possessions|pets?|cat|dog)(?: away)?{FEW} (?:away|because|i|to|gone|not need)",
        r"not (?:be )?need\w* (?:it|them|those) (?:anymore|any more|where i)",
        r"not hurt (?:anymore|any more|me anymore|much longer)",
        r"(?:made (?:my|the|a) (?:decision|peace)|made up my mind){SOME} (?:soon|tonight|not"
        r" hurt|over|it|end|goodbye|peace)",
        r"tonight is the night|today is the day i",
        r"(?:no|only|any|except one|not see any|see no|one) (?:other )?way out(?! of (?:this"
        r" (?:job|contract|town)|the))",
        r"(?:want|wish|need|like)(?: for)? (?:it all|all of it|everything|this pain|the pain"
        r"|my pain|the suffering)(?: to| would)? (?:just )?(?:stop|end|be over|go away)",
        r"(?:want|wish|need) (?:it|this)(?: all)?(?: to)? (?:stop|end|be over) (?:forever|for good)",
        r"(?:not|never) (?:make|making) it (?:through|to|past) (?:the night|tomorrow|morning"
        r"|tonight|next|my birthday)|what i (?:might|may|could|will) do to myself|not (?:feel )?"
        r"safe (?:with|from|around) myself|keep myself safe|should(?: have)? (?:never|not)"
        r" (?:have )?been born|(?:mother|father|grand\w+|him|her) in heaven soon",
        r"(?:wanted out of|want out of|leave|exit|quit|escape|log off|check(?:ing)? out of|done with|over with)"
        r" (?:this |the )?(?:life|world|earth|planet|pain)",
        r"(?:i|me|myself)(?: \S+){0,5} (?:disappear\w*|vanish|be gone|leave|check out|checking out"
        r"|log off){SOME} (?:from"
        r" (?:this )?(?:life|world|earth)|for good|forever|never come back|for ever"
        r"|permanently|from the face)",
        r"six feet under|kys|ctb|rope (?:myself|maxx\w*)|unalive|sewer slide|kermit (?:sewer"
        r"|suicide)|(?:self|game) (?:delete|end) myself|join (?:him|her|them) in heaven",
        r"catch(?:ing)? the bus(?: \w+)?,? (?:soon|wrote|note|for good)",
        r"(?:going to|want to|will) end things(?! with| between)|end(?:ing)? it (?:all|tonight"
        r"|now|today|for good|once and for all|here)",
        r"think\w* (?:a lot |often |only |constantly )?(?:about|of) (?:my death|death|dying|not"
        r" being here)(?: all| every| constantly| a lot| again)",
        r"(?:crossed|cross) the (?:street|road) without looking",
        r"not care if i (?:live|die|wake|make it|get hit|survive|crash)",
    ),
    # Not firm: the same words are used of films, games and the news.
    *_suicide(
        r"(?:kill|killing|killed|kills|unalive|hang|hanging|hanged|shoot|shooting|drown"
        r"|drowning|stab|off|offing|neck|end|ending|delete) {MYSELF}",
        r"suicid\w*",
        r"overdos\w*",
        r"kms",
        firm=False,
        deniable=True,
    ),
]

CUT = r"(?:cut|cuts|cutting|slice[sd]?|slicing|scratch\w*|carv\w*|slash\w*)"

SELF_HARM = [
    *_harm(
        rf"(?:{CUT}|hurt|hurts|hurting|harm\w*|burn\w*|hit|hitting|hits|punish\w*|injur\w*"
        r"|stab\w*|starv\w*|bit(?:e|ing)|chok\w*|beat(?:ing)?|punch\w*) {MYSELF}(?! out| up)",
        rf"{CUT} (?:up )?my (?:own )?(?:left |right |upper |inner |lower )?(?:wrists?|arms?|legs?|thighs?|skin|veins?|body"
        r"|stomach|hips?)",
        r"carv\w*{FEW} (?:into|in|on) my (?:skin|legs?|arms?|thighs?|body)",
        r"(?:want|urge\w*|need|needed|start\w*|been|kept|keep|stop\w*|without|relaps\w*|back)"
        r" (?:to |with |on )?(?:cut|cutting)(?: again)?(?=$| \.| ,| for| and| today| tonight"
        r"| because| every| so| when| last| since| but)",
        r"i (?:am|was|have been) cutting(?: again| too| more| deeper)?(?=$| \.| ,| and| to cope)",
        r"(?:want|need|like|have) to feel (?:the )?pain",
        r"burn\w* my (?:own )?(?:arms?|skin|legs?|wrists?|thighs?)",
        r"scratch\w* my (?:skin|arms?){FEW} (?:bled|bleed\w*|blood|raw)",
        r"self (?:harm\w*|injur\w*|mutilat\w*|hurt)",
        r"fresh cuts?|(?:the|my|these|new|fresh|old)(?: \w+)? scars?{FEW} (?:nobody|no one|on"
        r" my (?:arms?|legs?|thighs?|wrists?)|hide|long sleeves|again)",
        r"(?:new|fresh) scars|(?:hide|hiding|cover\w*)(?: \w+){0,5} (?:scars?|cuts|arms"
        r" because)|hide my arms|long sleeves",
        r"razor ?blades?|(?:a|the|my) razor (?:when|and cut|to|on)|(?:the|my|a) blades?"
        r" (?:is|makes?|on my|under|calls?|helps?|again|in my)",
        r"(?:hit|got) (?:styro|beans)",
        r"(?:i|did|doing|on|to|from|and|clean from|urge to) sh(?=$| again| last| today| \.| ,"
        r"| for| every| tonight)",
        r"days? clean{SOME} (?:arms?|cuts?|scars?|wrists?|broke|relaps\w*|cutting)",
        r"(?:see|seeing|watch\w*|feel) (?:the |my )?(?:own )?blood{FEW} (?:calm\w*|help\w*"
        r"|relie\w*|run|flow|drip|makes)",
        r"(?:need|want|like) to bleed|until (?:i|it|they|my \w+) (?:bleeds?|bled)",
        r"hit my head (?:against|on)(?: \w+)* (?:until|on purpose|again and again)",
        r"deserve (?:the |this |all the |to feel )?(?:pain|to be hurt|to suffer|punish\w*"
        r"|to hurt)",
        r"(?:make|making|made) myself (?:throw up|sick|vomit|puke|bleed)|(?:i|and) (?:purge"
        r"|purged|purging)",
        r"not eat(?:en|ing)?{FEW} (?:in|for) (?:\w+ )?(?:days|a week)",
        r"punch\w* (?:the )?walls? (?:until|because i deserve)",
        r"hurt\w* (?:my body|myself) on purpose|pain (?:so i|to) (?:give|punish)",
    ),
]
