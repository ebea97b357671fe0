"""CEA-608 captions (line 21 of American television) as pop-on captions of channel CC1."""
