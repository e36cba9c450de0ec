"""Files of other systems into the inbox: tables (CSV, XLSX) as monitoring vendors export them, and JSONL.

table reads any of them as rows below a header; columns says which column is which field; record makes the values of
a mention out of a row; load stores them. Whatever brings a file (command, folder, mailbox) goes through load.
"""
