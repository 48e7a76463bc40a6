"""The pieces that rules are made of. A rule names them in braces: "{KIN} hits me"."""

from __future__ import annotations

KIN = (
    r"(?:husband|wife|boyfriend|girlfriend|partner|fiancee?|spouse|ex|exhusband|exwife"
    r"|father|mother|parents?|stepfather|stepmother|step (?:father|mother|brother|sister)"
    r"|uncle|aunt|grandpa|grandfather|granddad|grandma|grandmother|brother|sister|cousin"
    r"|son|daughter|nephew|niece|in law|family|man|dude|guy|lover)"
)
PERSON = (
    rf"(?:he|she|they|someone|somebody|{KIN}|friends?|friend's|roommate|flatmate|housemate"
    r"|neighbou?rs?|colleague|coworker|boss|teacher|coach|priest|pastor|doctor|nurse"
    r"|student|pupil|classmate|girl|boy|kids?|child|children|woman|people|person|stranger"
    r"|men|crush|baby|babysitter|landlord|client|patient|trainer|therapist)"
)
SELF = r"(?:himself|herself|themselves|themself)"
MYSELF = r"(?:myself|my self|me self)"
FEW = r"(?: \S+){0,3}?"
STRANGER = (
    r"(?:someone|somebody|an? (?:strange )?(?:man|guy|stranger|person|figure)"
    r"|some (?:guy|man))"
)
AT_HOME = (
    r"(?:my|our|the) (?:house|home|flat|apartment|windows?|(?:front |back )?door|garden|yard"
    r"|backyard|porch|balcony|driveway)"
)
SOME = r"(?: \S+){0,6}?"
MANY = r"(?: \S+){0,12}?"
PILLS = (
    r"(?:pills?|tablets?|meds|medication|antidepressants?|painkillers?|tylenol"
    r"|paracetamol|ibuprofen|aspirin|xanax|benzos|valium|sleeping pills?|insulin)"
)
LOTS = (
    r"(?:all(?: of)?(?: my| the| her| his)?|(?:a |the |my )?(?:whole|entire)(?: \w+)?"
    r"(?: of)?|a bunch of|bunch of|a bottle of|bottle of|too many|so many|lots of"
    r"|a lot of|a handful of|handfuls? of|\d\d+)"
)
HURT = (
    r"(?:hits?|hitting|beats?|beat|beaten|beating|punch(?:es|ed|ing)?|slap(?:s|ped|ping)?"
    r"|kick(?:s|ed|ing)?|chok(?:es|ed|ing|e)|strangl(?:es|ed|ing|e)|shov(?:es|ed|ing)"
    r"|spank(?:s|ed)|whip(?:s|ped)|burn(?:s|ed|t)|grop(?:es|ed|ing)"
    r"|molest(?:s|ed|ing)?|rap(?:e|es|ed|ing)|abus(?:es|ed|ing|e)|assault(?:s|ed|ing)?"
    r"|sexually (?:abuses|abused|abusing|assaults|assaulted|harass\w*)|attack(?:s|ed|ing)"
    r"|tortur(?:es|ed|ing)|drugged|drugs|cornered)"
)
WEAPON = r"(?:knife|gun|weapon|strap|machete|axe|pistol|rifle|blade|bat|shotgun|razor)"
DIE = (
    rf"(?:be dead(?! silent| serious| tired| last| wrong| set)|kill {MYSELF}|unalive|end it|end my life|end it all|end {MYSELF}"
    r"|be gone for good|not wake up|stop existing|not exist|commit suicide|kms|cease"
    r"|not be alive|never wake up|sleep forever|overdose)"
)
LIVE = (
    r"(?:live|be alive|exist|keep living|keep going|go on living|wake up"
    r"|be (?:here|around)(?: \w+)? (?:anymore|any more|any longer|tomorrow)"
    r"|be on this (?:earth|planet)|be in this world)"
)
LIVING = (
    r"(?:living|life|live|being alive|being here|existing|existence|going on|go on"
    r"|this world|breathing)"
)

PIECES = {name: value for name, value in dict(globals()).items() if name.isupper()}
