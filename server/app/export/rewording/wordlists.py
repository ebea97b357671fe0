"""The one table of words that exports can leave out or mask, by language.

All are lower case. Fillers are sounds and words that say nothing wherever they stand: what may also mean something
(`like`, `bueno`, `mm` for millimetres) is not in the list. A letter that is drawn out counts twice at most: `ummmm`
is found as `umm`.
Swear words are those nearly everybody takes for one, each in its usual forms; add others with the option `blocked`.
"""

from __future__ import annotations

FILLERS: dict[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "da": "øh øhh øhm øhmm hm hmm",
        "de": "äh ähh ähm ähmm äähm öh öhh öhm öhmm ehm hm hmm mmh",
        "en": "um umm uum uumm uh uhh uuh uhm uhmm er erm ermm ehm hm hmm",
        "es": "eh ehh eeh em emm eem ehm ehmm hm hmm",
        "fi": "öö ööh öhm hm hmm",
        "fr": "euh euhh eeuh heu hem hum hm hmm",
        "it": "eh ehh eeh ehm ehmm uhm hm hmm",
        "nl": "eh ehh eeh ehm ehmm uh uhh uhm euh euhm hm hmm",
        "no": "eh øh øhm hm hmm",
        "pl": "yy ee em hm hmm",
        "pt": "ãh ãã éé ahn ahm hm hmm hum uhm",
        "ru": "э ээ эм хм хмм",
        "sv": "eh öh öhh öhm hm hmm",
    }.items()
}

PROFANITY: dict[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "de": "arsch arschloch arschlöcher ficken fick fickt gefickt fotze hurensohn hure kacke kacken scheiß scheiss"
        " scheiße scheisse scheißen beschissen verfickt verfickte verfickter wichser wichsen",
        "en": "ass asshole assholes bastard bastards bitch bitches bullshit cunt cunts dickhead fuck fucked fucker"
        " fuckers fuckin fucking fucks goddamn motherfucker motherfuckers motherfucking piss pissed prick shit shits"
        " shitty slut sluts twat wanker wankers whore whores",
        "es": "cabrón cabrones cabron coño cojones gilipollas hijoputa joder jodido jodida mierda pendejo"
        " pendejos puta putas puto putos chingar chingada",
        "fr": "bordel connard connards connasse con conne couilles enculé enculés foutre merde merdes merdique"
        " nique niquer pute putes putain salope salopes",
        "it": "cazzo cazzi cazzata coglione coglioni fanculo vaffanculo fottuto fottuta merda minchia puttana puttane"
        " stronzo stronza stronzi",
        "nl": "godverdomme hoer hoeren klootzak klootzakken klote kut kutwijf lul lullen neuk neuken eikel",
        "pt": "caralho cu foda foda-se foder fodido fodida merda porra puta putas puto filho-da-puta cacete buceta",
    }.items()
}
