#!/usr/bin/env bash
# The main job on invented citizens and software cards, in the folder demo/: from an enrolment list
# to issued cards, a changed PIN, rotated issuer keys, a terminal's store, a loaded wallet, bread that is sold, the card's log,
# and a conformance run. With CARD=java one Java card
# goes the same way, in the virtual reader of a pcscd that runs; VPCD names reader and port otherwise.
set -euo pipefail
cd "$(dirname "$0")/.."
kind=${CARD:-software}
case $kind in software | java) ;; *) echo "CARD is software or java" >&2 && exit 2 ;; esac
folder=${DEMO:-demo}
unicard=$PWD/.venv/bin/unicard
python=$PWD/.venv/bin/python
list=$PWD/examples/enrolments.csv

rm -rf "$folder"
mkdir "$folder"
cd "$folder"

# Nothing here is worth a real secret: the passphrase is written down beside the store.
(umask 077 && echo "demo passphrase, for invented cards only" >passphrase)
export UNICARD_PASSPHRASE
UNICARD_PASSPHRASE=$(cat passphrase)

show() { # print a command as a person would type it, then run it
    printf '\n$ unicard'
    printf ' %s' "${@@Q}" | sed "s/'\([A-Za-z0-9_.:=\/-]*\)'/\1/g"
    printf '\n'
    "$unicard" "$@"
}

member() { "$python" -c "import json, sys; print(json.load(sys.stdin)$1)"; } # of a JSON document

software_cards() { # makes 25 of them
    show sim new --count 25 --dir cards
    blanks='sim:cards/blank-*.json' card=sim:cards/blank-0001.json count=25
}

java_card() { # one, which lives as long as its process, and a list of one citizen
    local reader=${VPCD:-Virtual PCD 00 00,35963}
    card="pcsc:${reader%,*}" blanks="pcsc:${reader%,*}" count=1
    head -n 2 "$list" >one.csv
    list=$PWD/one.csv
    if ! "$unicard" reader list --json | grep -qF "${reader%,*}"; then
        show reader list >&2
        echo "There is no reader '${reader%,*}' here: vsmartcard-vpcd brings it, and a pcscd that runs shows it." >&2
        return 1
    fi
    printf '\n$ unicard sim serve --java --port %s &\n' "${reader##*,}"
    "$unicard" sim serve --java --port "${reader##*,}" >serve.log 2>&1 &
    trap 'kill -INT '"$!"'; wait' EXIT
    for _ in $(seq 60); do
        ! "$unicard" card probe --reader "$card" >probe.log 2>&1 || return 0
        sleep 0.5
    done
    cat probe.log >&2
    return 1
}

echo "1. A key store, and blank cards"
show keys init --transport gp-default
if [ "$kind" = java ]; then java_card; else software_cards; fi

printf '\n2. From the enrolment list to issued cards'
show personalize check "$list"
show personalize prepare "$list" --out batch.production --mailers pins.mailers
show personalize run batch.production --reader "$blanks"
show personalize report batch.production --blanks "$count" --out report.json | head -n 8
echo "… and $(member '["records"]["issued"]' <report.json) cards in all"

printf '\n3. One card: show it, and let its holder choose a PIN'
show card show --reader "$card"
serial=$("$unicard" card show --reader "$card" --json | member '["card_serial"]')
number=$(member "[\"cards\"]" <report.json |
    "$python" -c "import ast, sys; print(next(c['card_number'] for c in ast.literal_eval(sys.stdin.read()) if c['card_serial'] == '$serial'))")
(umask 077 && "$unicard" personalize mailer pins.mailers --card "$number" --json | member '["pin"]' >transport-pin && echo 246813 >pin)
show card change-pin --reader "$card" --pin-file transport-pin --new-pin-file pin
show card show --reader "$card" --with-pin --pin-file pin

printf '\n4. New issuer keys for that card'
show keys add issuer
show keys rotate --reader "$card"

printf "\n5. What terminals open the card with, and a bakery's till, which gets one key"
show admin roles --reader "$card"
export UNICARD_TO_PASSPHRASE="passphrase of the till, for invented cards only"
show keys hand-over role-bread 01 --to bakery.unicard

printf '\n6. The wallet is loaded, the bakery sells bread and hands its receipt in, and the holder reads the log'
show card load wallet=250.00 --terminal OFFICE01 --journal office.db --with-pin --pin-file pin --reader "$card"
export UNICARD_PASSPHRASE=$UNICARD_TO_PASSPHRASE
show card pay bread=10 wallet=2.00 --role bread --terminal BAKERY01 --journal bakery.db --store bakery.unicard --reader "$card"
show card receipts --terminal BAKERY01 --journal bakery.db --out receipts.jsonl --mark-sent
UNICARD_PASSPHRASE=$(cat passphrase)
show keys verify-receipts receipts.jsonl
show card services --with-pin --pin-file pin --reader "$card"
show card log --with-pin --pin-file pin --reader "$card"

printf '\n7. Does the card do what the contract says?'
show conformance run --reader "$card" --store keys.unicard --pin-file pin --out conformance

printf '\nThe reports lie in %s:\n' "$folder/"
printf '  %-26s %s\n' \
    report.json "the production report of the batch" \
    conformance/ "the conformance results: JSON and JUnit XML" \
    bakery.db "the till's journal: numbers, open requests, receipts" \
    receipts.jsonl "the receipts that the till has handed in" \
    bureau.journal "the bureau's journal (SQLite)" \
    keys.unicard "the key store; its passphrase stands in the file passphrase"
[ "$kind" = software ] || exit 0
printf '  %-26s %s\n' cards/ "the cards"
printf '\nGo on by hand:\n'
printf '  %s\n' ". .venv/bin/activate; cd $folder; export UNICARD_PASSPHRASE=\"\$(cat passphrase)\"" \
    "unicard card show --reader sim:cards/blank-0002.json"
