"""How dangerous words are misspelt, disguised and shortened, and what they mean."""

from __future__ import annotations

# Whole words. Where a form is also an ordinary word, it is not here.
WORDS = {
    "i": "im=i am|iam=i am|ive=i have|ima=i am going to|imma=i am going to|u=you|"
    "ur=your|r=are|hes=he is|shes=she is|theyre=they are|thats=that is|"
    "theres=there is|whats=what is|itll=it will|theyve=they have|hed=he would|"
    "theyd=they would|youd=you would|wouldve=would have|evry1=everyone|"
    "every1=everyone|everyones=everyone is|no1=nobody|noone=nobody|sum1=someone|"
    "some1=someone|any1=anyone",
    "not": "dont=do not|dnt=do not|doesnt=does not|didnt=did not|cant=can not|"
    "cannot=can not|cnt=can not|couldnt=could not|wont=will not|wouldnt=would not|"
    "isnt=is not|arent=are not|wasnt=was not|werent=were not|havent=have not|"
    "hasnt=has not|hadnt=had not|aint=am not|shouldnt=should not|w/o=without|"
    "witout=without|wihout=without|nvr=never|neva=never",
    "want": "wanna=want to|wana=want to|wnna=want to|wnt=want|wnat=want|wan=want|"
    "wants2=wants to|gonna=going to|gona=going to|goin=going|gon=going to|"
    "gotta=got to|tryna=trying to|finna=going to|hafta=have to|tho=though|"
    "shud=should|wud=would|cud=could|wld=would|abt=about|bc=because|cuz=because|"
    "cus=because|pls=please|plz=please|rlly=really|tmrw=tomorrow|2nite=tonight|"
    "2night=tonight|tonite=tonight|nite=night|4ever=forever|4eva=forever|"
    "anymor=anymore|anymre=anymore|beter=better|agen=again|agian=again|wat=what|"
    "thot=thought|thots=thoughts|thinkin=thinking|frend=friend|freind=friend|"
    "frends=friends|sis=sister|bro=brother|mate=friend|bestie=friend|bff=friend|"
    "homie=friend|mom=mother|mum=mother|mam=mother|mommy=mother|mummy=mother|"
    "dad=father|daddy=father|papa=father|bf=boyfriend|gf=girlfriend|hubby=husband|"
    "stepdad=stepfather|stepmom=stepmother|stepmum=stepmother|lyfe=life|lief=life|"
    "wen=when|1=one|2=to|4=for",
    "die": "dye=die|dyeing=dying|ded=dead|dieing=dying|kil=kill|kll=kill|klil=kill|"
    "kiling=killing|kilin=killing|killin=killing|mself=myself|myslf=myself|"
    "meself=myself|mysef=myself|sucide=suicide|suicid=suicide|suacide=suicide|"
    "suside=suicide|suiside=suicide|suicied=suicide|suicde=suicide|"
    "sucidal=suicidal|suicidel=suicidal|sucidel=suicidal|suicdal=suicidal|"
    "suisidal=suicidal|comit=commit|comitting=committing|sewerslide=suicide|"
    "sewercide=suicide|sueicide=suicide|unaliv=unalive|unalived=unalive|"
    "unaliving=unalive|unalives=unalive|od=overdose|oding=overdosing|livin=living",
    "hurt": "hurtin=hurting|hurted=hurt|cuted=cut|cutted=cut|cuttin=cutting|"
    "selfharm=self harm|selfharming=self harming|selfharmming=self harming|"
    "selfharmed=self harmed|slefharm=self harm|slef=self|beet=beat|beets=beats|"
    "beeting=beating|beatin=beating|hitts=hits|hittin=hitting|raepd=raped|"
    "rapped=raped|grape=rape|graped=raped|molestd=molested|abusd=abused|"
    "abussed=abused|breath=breathe|bleedin=bleeding|stabed=stabbed",
}
SPELLINGS: dict[str, str] = dict(
    pair.split("=") for group in WORDS.values() for pair in group.split("|")
)
# Long and rare enough for one wrong letter to be recognised.
FUZZY = [
    "suicide",
    "suicidal",
    "myself",
    "himself",
    "herself",
    "overdose",
    "overdosed",
    "overdosing",
    "strangled",
    "molested",
    "unalive",
    "suffocate",
]
NOT_FUZZY = frozenset(["itself", "himself", "herself", "myself", "oneself", "suicides"])
# What a masked letter (k*ll, su*cide) may hide.
MASKED = [
    "kill",
    "killed",
    "killing",
    "die",
    "dead",
    "suicide",
    "suicidal",
    "rape",
    "raped",
    "cut",
    "cutting",
    "hurt",
    "stab",
    "shoot",
    "murder",
    "murdered",
    "abuse",
    "abused",
    "molested",
    "hang",
]
LEET = str.maketrans("013457@$!", "oieastasi")
