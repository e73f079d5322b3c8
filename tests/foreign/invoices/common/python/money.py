def in_words(cents):
    if cents < 0:
        raise ValueError("money is owed")
    return f"{cents // 100}.{cents % 100:02}"
