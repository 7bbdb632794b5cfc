
use builtin;
use str;

set edit:completion:arg-completer[tokctl] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'tokctl'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'tokctl'= {
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand create 'Issue a token and print its secret, this once'
            cand verify 'Tell whether a secret is a good token''s, by exit code'
            cand rotate 'Give a token a new secret, with the same owner, name and scopes'
            cand list 'List tokens: the active ones, unless told otherwise'
            cand show 'Show all that is known of a token'
            cand log 'Show who did what, and which verifications failed'
            cand stats 'Show the estate at a glance'
            cand revoke 'Reject tokens from now on'
            cand revoke-all 'Reject all tokens of a user, or of everyone'
            cand prune 'Delete tokens that ended long ago'
            cand user 'Add, list, show, change, ban and remove users'
            cand settings 'Read and change the settings that all users of the database share'
            cand import 'Bring users and tokens over from another system'
            cand export 'Write users and tokens as JSON Lines, without secrets'
            cand backup 'Write a consistent copy of the database while others use it'
            cand restore 'Put a backup in the place of the database'
            cand doctor 'Find what is wrong, and the commands that mend it'
            cand completions 'Print what makes a shell complete commands, token ids and users'
            cand man 'Print the manual of tokctl, or write all its pages to a folder'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'tokctl;create'= {
            cand --name 'What the token is for'
            cand --scope 'What the token may do; repeats and takes commas; without any, everything'
            cand --user 'The owner; without it, the setting default-user'
            cand --expires 'When it ends: a duration (30d, 12h, 1y of 365 days), a date (00:00 UTC), an RFC 3339 instant, or never'
            cand --out 'Write the secret to a new file that only this account may read'
            cand --count 'Issue so many'
            cand --from 'Issue one for each line of a JSON Lines file (name, user, scopes, expires), all or none; - is standard input'
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --no-scopes 'Grant nothing'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;verify'= {
            cand --scope 'What the token must be good for; repeats and takes commas, and all are required'
            cand --source 'Where the request came from, for the log: an IP address, say'
            cand --agent 'What the client calls itself, for the log'
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --any-scope 'One of the scopes is enough'
            cand --batch 'Read one secret a line from standard input (-) and answer each with a line of JSON'
            cand --help 'Print help (-h prints less), and exit with 2: what a client sends must never look like success'
            cand -h 'h'
            cand -V 'V'
            cand --version 'version'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
        }
        &'tokctl;rotate'= {
            cand --hash 'The SHA-256 of its secret, in hexadecimal'
            cand --name 'Its exact name'
            cand --overlap 'How long the old secret stays good'
            cand --expires 'When the new token ends: a duration, a date (00:00 UTC), an RFC 3339 instant, or never'
            cand --out 'Write the secret to a new file that only this account may read'
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;list'= {
            cand --status 'Those with this status'
            cand --user 'Those of this user'
            cand --scope 'Those that grant this scope'
            cand --name 'Those whose name fits, where * stands for anything'
            cand --expiring-within 'Those that expire within so long'
            cand --unused-for 'Those not used for so long; one never used counts from its creation'
            cand --sort 'What to sort by'
            cand --limit 'At most so many'
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --all 'Whatever their status'
            cand --reverse 'The last first'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;show'= {
            cand --hash 'The SHA-256 of its secret, in hexadecimal'
            cand --name 'Its exact name'
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;log'= {
            cand --kind 'Verifications or administrative changes alone'
            cand --user 'What concerns this user'
            cand --token 'What concerns the token with this id'
            cand --since 'What is not older: a duration, a date (00:00 UTC) or an RFC 3339 instant'
            cand --limit 'The newest so many'
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --failures 'Verifications that were not good'
            cand -f 'Keep printing what comes'
            cand --follow 'Keep printing what comes'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;stats'= {
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;revoke'= {
            cand --hash 'The SHA-256 of its secret, in hexadecimal'
            cand --name 'Its exact name'
            cand --reason 'Why, for the record'
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --delete 'Remove the records at once'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;revoke-all'= {
            cand --user 'Those of this user'
            cand --scope 'Only those that grant this scope'
            cand --unused-for 'Only those not used for so long; one never used counts from its creation'
            cand --reason 'Why, for the record'
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --everyone 'Those of all users'
            cand --delete 'Remove the records at once'
            cand --dry-run 'Only say how many'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;prune'= {
            cand --grace 'How long tokens stay after their end'
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --dry-run 'Only say how many'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;user'= {
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand add 'Add a user'
            cand list 'List the users'
            cand show 'Show one user'
            cand edit 'Change a user'
            cand ban 'Reject a user''s tokens while the ban stands'
            cand unban 'Lift a ban'
            cand remove 'Remove a user and all their tokens'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'tokctl;user;add'= {
            cand --email 'The e-mail address, unique without regard to case'
            cand --full-name 'The name in full'
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --admin 'Make an administrator of them'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;user;list'= {
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;user;show'= {
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;user;edit'= {
            cand --name 'The new name'
            cand --email 'The new e-mail address'
            cand --full-name 'The new full name'
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --admin 'Make an administrator of them'
            cand --no-admin 'Make them an administrator no longer'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;user;ban'= {
            cand --reason 'Why, for the record'
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;user;unban'= {
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;user;remove'= {
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;user;help'= {
            cand add 'Add a user'
            cand list 'List the users'
            cand show 'Show one user'
            cand edit 'Change a user'
            cand ban 'Reject a user''s tokens while the ban stands'
            cand unban 'Lift a ban'
            cand remove 'Remove a user and all their tokens'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'tokctl;user;help;add'= {
        }
        &'tokctl;user;help;list'= {
        }
        &'tokctl;user;help;show'= {
        }
        &'tokctl;user;help;edit'= {
        }
        &'tokctl;user;help;ban'= {
        }
        &'tokctl;user;help;unban'= {
        }
        &'tokctl;user;help;remove'= {
        }
        &'tokctl;user;help;help'= {
        }
        &'tokctl;settings'= {
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand list 'List all settings with value, default and meaning'
            cand get 'Print the value of one'
            cand set 'Change one'
            cand unset 'Give one its default again'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'tokctl;settings;list'= {
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;settings;get'= {
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;settings;set'= {
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;settings;unset'= {
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;settings;help'= {
            cand list 'List all settings with value, default and meaning'
            cand get 'Print the value of one'
            cand set 'Change one'
            cand unset 'Give one its default again'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'tokctl;settings;help;list'= {
        }
        &'tokctl;settings;help;get'= {
        }
        &'tokctl;settings;help;set'= {
        }
        &'tokctl;settings;help;unset'= {
        }
        &'tokctl;settings;help;help'= {
        }
        &'tokctl;import'= {
            cand --table-prefix 'What the names of all tables begin with (shield: DBPrefix)'
            cand --table 'The table of tokens'
            cand --type 'The type of the tokens (adonisjs; without it, auth_token)'
            cand --prefix 'What secrets begin with (adonisjs; without it, oat_)'
            cand --time-zone 'The zone of dates that do not say theirs: an IANA name or an offset; without it, UTC'
            cand --salt-file 'A file with the project''s API_TOKEN_SALT (strapi)'
            cand --salt 'salt'
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --match-names 'Match users by name too, not by e-mail address alone'
            cand --dry-run 'Report and write nothing'
            cand -v 'Report row by row'
            cand --verbose 'Report row by row'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;export'= {
            cand --out 'Write to a new file that only this account may read'
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;backup'= {
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --force 'Replace a file that exists'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;restore'= {
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;doctor'= {
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --strict 'Exit with 1 on any finding'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;completions'= {
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;man'= {
            cand --out 'Write all pages to this folder, which is made if need be'
            cand --database 'The database; without it, tokctl/tokctl.db in the account''s data folder'
            cand --format 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv'
            cand --color 'When to colour'
            cand --json 'Short for --format json'
            cand -q 'Print no remarks'
            cand --quiet 'Print no remarks'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tokctl;help'= {
            cand create 'Issue a token and print its secret, this once'
            cand verify 'Tell whether a secret is a good token''s, by exit code'
            cand rotate 'Give a token a new secret, with the same owner, name and scopes'
            cand list 'List tokens: the active ones, unless told otherwise'
            cand show 'Show all that is known of a token'
            cand log 'Show who did what, and which verifications failed'
            cand stats 'Show the estate at a glance'
            cand revoke 'Reject tokens from now on'
            cand revoke-all 'Reject all tokens of a user, or of everyone'
            cand prune 'Delete tokens that ended long ago'
            cand user 'Add, list, show, change, ban and remove users'
            cand settings 'Read and change the settings that all users of the database share'
            cand import 'Bring users and tokens over from another system'
            cand export 'Write users and tokens as JSON Lines, without secrets'
            cand backup 'Write a consistent copy of the database while others use it'
            cand restore 'Put a backup in the place of the database'
            cand doctor 'Find what is wrong, and the commands that mend it'
            cand completions 'Print what makes a shell complete commands, token ids and users'
            cand man 'Print the manual of tokctl, or write all its pages to a folder'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'tokctl;help;create'= {
        }
        &'tokctl;help;verify'= {
        }
        &'tokctl;help;rotate'= {
        }
        &'tokctl;help;list'= {
        }
        &'tokctl;help;show'= {
        }
        &'tokctl;help;log'= {
        }
        &'tokctl;help;stats'= {
        }
        &'tokctl;help;revoke'= {
        }
        &'tokctl;help;revoke-all'= {
        }
        &'tokctl;help;prune'= {
        }
        &'tokctl;help;user'= {
            cand add 'Add a user'
            cand list 'List the users'
            cand show 'Show one user'
            cand edit 'Change a user'
            cand ban 'Reject a user''s tokens while the ban stands'
            cand unban 'Lift a ban'
            cand remove 'Remove a user and all their tokens'
        }
        &'tokctl;help;user;add'= {
        }
        &'tokctl;help;user;list'= {
        }
        &'tokctl;help;user;show'= {
        }
        &'tokctl;help;user;edit'= {
        }
        &'tokctl;help;user;ban'= {
        }
        &'tokctl;help;user;unban'= {
        }
        &'tokctl;help;user;remove'= {
        }
        &'tokctl;help;settings'= {
            cand list 'List all settings with value, default and meaning'
            cand get 'Print the value of one'
            cand set 'Change one'
            cand unset 'Give one its default again'
        }
        &'tokctl;help;settings;list'= {
        }
        &'tokctl;help;settings;get'= {
        }
        &'tokctl;help;settings;set'= {
        }
        &'tokctl;help;settings;unset'= {
        }
        &'tokctl;help;import'= {
        }
        &'tokctl;help;export'= {
        }
        &'tokctl;help;backup'= {
        }
        &'tokctl;help;restore'= {
        }
        &'tokctl;help;doctor'= {
        }
        &'tokctl;help;completions'= {
        }
        &'tokctl;help;man'= {
        }
        &'tokctl;help;help'= {
        }
    ]
    $completions[$command]
}
