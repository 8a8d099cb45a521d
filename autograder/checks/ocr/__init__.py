"""The hidden checks of the assignment ocr, in chapters.

train: the exercises of train.ipynb. For read_text.ipynb: finding (findLetters), ordering (group_lines), cropping
(crop_letters), reading (read_text), on pages of hidden fonts (_pages), with limits that were measured.
"""
