"""Typed errors of the bureau; none of them shows personal data or a secret."""

from applet_spec.errors import Changed, ExitCode, UnicardError


class PersonalizationError(UnicardError):
    """Base of everything that can go wrong in the bureau."""


class FileMissing(PersonalizationError):
    """A file that was named is not there."""

    exit_code = ExitCode.USAGE
    advice = "check the name and the folder"


class ListUnreadable(PersonalizationError):
    """The enrolment list is no file that can be read: binary, wrong encoding or header."""

    advice = "see docs/personalization.md for the forms that a list can have"


class FingerRecordInvalid(PersonalizationError):
    """Bytes that are no finger minutiae record of ISO/IEC 19794-2:2005."""

    advice = "enrol the finger again, or export it in the record format of the 2005 edition"


class FileExists(PersonalizationError):
    """An output file is there already; the bureau's files are never overwritten."""

    exit_code = ExitCode.USAGE
    advice = "choose another name, or look at what the file is first"


class FileUnwritable(PersonalizationError):
    """An output file cannot be written."""

    advice = "check the folder's permissions and that the disk is not full"


class SealedFileDamaged(PersonalizationError):
    """A production or mailer file is not, byte for byte, what was written."""

    advice = "fetch the file again from where it was prepared; do not repair it by hand"


class BatchRefused(PersonalizationError):
    """A batch cannot be prepared, or does not belong to this journal."""


class RecordNotFound(PersonalizationError):
    """The file holds no record of that card number."""

    exit_code = ExitCode.USAGE
    advice = "check the card number and that it belongs to this batch"


class JournalError(PersonalizationError):
    """The journal cannot be used: damaged, of another version, or locked for too long."""

    advice = (
        "check the name given with --journal; if it is the bureau's journal, do not delete it: it "
        "knows which cards exist; restore it from its backup"
    )


class LeaseLost(PersonalizationError):
    """Another station holds the record of this card."""

    advice = "wait until the other station has finished the card"


class CardSetAside(PersonalizationError):
    """A card that is not to be personalized here; the station did not write to it."""

    exit_code = ExitCode.REFUSED
    advice = "take the cards set aside out of the stock or the box: no run makes anything of them"


class CardSpoiled(PersonalizationError):
    """A card that cannot be completed; it is to be destroyed in the presence of a witness."""

    exit_code = ExitCode.SPOILED
    changed = Changed.YES
    advice = (
        "destroy the card before a witness; if its record is spoiled too, prepare it again "
        "with `unicard personalize prepare --spoiled`"
    )


class CardInTheMaking(PersonalizationError):
    """The bureau failed, not the card, while a card was in the making; it may be changed."""

    exit_code = ExitCode.UNCERTAIN
    changed = Changed.UNKNOWN
    advice = (
        "then put the card back and run the same command again: the card is asked how far it is"
    )


class ReportUnbalanced(PersonalizationError):
    """The counts of a report do not add up."""

    advice = "count the cards by hand and compare with `unicard personalize status`"
