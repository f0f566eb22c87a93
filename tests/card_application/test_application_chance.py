"""What must be new each time: key pairs, card challenges, signatures of the same words."""

from tests.support.any_card import MakeCard
from tests.support.stages import Stage, at_stage, session
from tests.support.terminal import AIDS, Terminal

CHALLENGE = slice(13, 21)


def test_no_key_pair_comes_twice(make_card: MakeCard) -> None:
    points: set[bytes] = set()
    for _ in range(2):
        host = at_stage(make_card(), Stage.BLANK)
        session(host)
        points.update(host.send(0, 0x46, 0x80, 0)[0] for _ in range(3))
    assert len(points) == 6


def test_no_card_challenge_comes_twice_to_issuer_or_role(make_card: MakeCard) -> None:
    challenges: set[bytes] = set()
    for _ in range(2):
        card = make_card()
        at_stage(card, Stage.ROLE_KEYS)
        for kvn in (0x00, 0x51, 0x51):
            host = Terminal(card.transmit)
            assert host.select(AIDS.instance)[1] == 0x9000
            challenges.add(host.initialize(kvn)[CHALLENGE])
    assert len(challenges) == 6


def test_two_signatures_of_the_same_words_have_no_number_in_common(make_card: MakeCard) -> None:
    host = at_stage(make_card(), Stage.OWN_PIN)
    answers = [host.send(0, 0x88, 0, 0, bytes(17))[0] for _ in range(2)]
    assert answers[0][:20] == answers[1][:20]
    first, second = (answer[20:] for answer in answers)
    length = min(first[3], second[3])
    assert first[4 : 4 + length] != second[4 : 4 + length]
