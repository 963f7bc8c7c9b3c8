"""`python -m telco_crm` is the same as `telco-crm`."""

from telco_crm.cli import main

main()
