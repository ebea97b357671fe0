"""Translation on this machine: packages of Argos Translate, run by CTranslate2."""
