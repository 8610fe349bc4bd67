"""Swedish headings and values that real exports use for our columns; the contracts know all of them."""

from __future__ import annotations

HEADINGS: dict[str, dict[str, str]] = {
    "association_grants": {
        "grant_id": "BidragsID", "association_id": "FöreningsID", "kind": "Bidragstyp",
        "committee": "Nämnd", "year": "Bidragsår", "applied_on": "Ansökningsdatum",
        "decided_on": "Beslutsdatum", "paid_on": "Utbetalningsdatum", "applied_sek": "Sökt belopp",
        "granted_sek": "Beviljat belopp", "paid_sek": "Utbetalt belopp", "bank_account_token": "Kontotoken",
        "purpose_text": "Ändamål", "purpose_code": "Ändamålskod"},
    "home_care_decisions": {
        "decision_id": "BeslutsID", "client_token": "Brukare", "provider_id": "Utförare",
        "valid_from": "Fr.o.m", "valid_to": "T.o.m", "granted_minutes_per_month": "Beviljad tid (min/mån)",
        "double_staffed": "Dubbelbemanning", "area_code": "Områdeskod", "decided_on": "Beslutsdatum",
        "night_granted": "Natt"},
    "home_care_invoices": {
        "invoice_id": "FakturaID", "provider_id": "Utförare", "client_token": "Brukare", "month": "Månad",
        "billed_minutes": "Fakturerade minuter", "amount_sek": "Belopp exkl moms",
        "invoiced_on": "Fakturadatum", "bank_account_token": "Kontotoken"},
    "home_care_visits": {
        "visit_id": "BesöksID", "client_token": "Brukare", "provider_id": "Utförare",
        "staff_token": "Personal", "started_at": "Starttid", "ended_at": "Sluttid",
        "registration": "Registreringssätt", "edited_afterwards": "Ändrad i efterhand", "service": "Insats",
        "planned_minutes": "Planerad tid (min)", "area_code": "Områdeskod", "edited_at": "Ändrad tidpunkt"},
    "hvb_invoices": {
        "invoice_id": "FakturaID", "placement_id": "PlaceringsID", "provider_id": "Utförare",
        "period_from": "Period fr.o.m", "period_to": "Period t.o.m", "billed_days": "Antal dygn",
        "amount_sek": "Belopp exkl moms", "extras_sek": "Extra kostnader", "invoiced_on": "Fakturadatum",
        "bank_account_token": "Kontotoken"},
    "hvb_placements": {
        "placement_id": "PlaceringsID", "client_token": "Barn", "provider_id": "Placerad hos",
        "placed_on": "Placerad fr.o.m", "left_on": "Placerad t.o.m", "law": "Lagrum",
        "agreed_rate_sek": "Dygnsavgift", "framework_agreement": "Ramavtal"},
    "income_support_applications": {
        "application_id": "AnsökningsID", "household_token": "Hushåll", "month": "Månad",
        "adults": "Antal vuxna", "children": "Antal barn", "declared_income_sek": "Inkomster",
        "declared_rent_sek": "Hyra", "dwelling_token": "Bostadstoken", "landlord_token": "Hyresvärdstoken",
        "municipality_code": "Kommunkod"},
    "income_support_payments": {
        "payment_id": "UtbetalningsID", "household_token": "Hushåll", "month": "Månad",
        "paid_on": "Utbetalningsdatum", "purpose": "Ändamål", "amount_sek": "Belopp", "payee": "Mottagare",
        "bank_account_token": "Kontotoken", "receipt_token": "Kvittotoken"},
    "supplier_payments": {
        "payment_id": "BetalningsID", "supplier_id": "Leverantörsnr", "supplier_name": "Leverantör",
        "booked_on": "Bokföringsdatum", "invoice_no": "Fakturanr", "amount_sek": "Belopp exkl moms",
        "account_no": "Konto", "account_text": "Kontotext", "unit": "Förvaltning",
        "bank_account_token": "Kontotoken"},
    "providers": {
        "provider_id": "UtförarID", "name": "Utförarnamn", "org_form": "Organisationsform",
        "services": "Tjänster", "registered_on": "Registreringsdatum", "permit_from": "Tillstånd fr.o.m",
        "permit_to": "Tillstånd t.o.m", "permit_places": "Antal platser",
        "bank_account_token": "Kontotoken", "address_token": "Adresstoken", "contract_kind": "Avtalsform",
        "reimbursement_model": "Ersättningsmodell", "deregistered_on": "Avregistrerad"},
}

# canonical value -> what the export says
VALUES: dict[str, dict[str, dict[str, str]]] = {
    "association_grants": {"kind": {
        "activity": "Aktivitetsbidrag", "equipment": "Utrustningsbidrag", "project": "Projektbidrag",
        "rent": "Lokalbidrag", "start": "Startbidrag"}},
    "home_care_visits": {
        "registration": {"app": "Mobil", "manual": "Manuell", "phone": "Telefon", "tag": "Tagg"},
        "service": {"meal": "Måltid", "other": "Övrigt", "personal_care": "Personlig omvårdnad",
                    "safety": "Tillsyn", "service": "Serviceinsats"}},
    "income_support_payments": {
        "payee": {"household": "Hushåll", "landlord": "Hyresvärd", "third_party": "Tredje part"},
        "purpose": {"debt": "Skuld", "dental": "Tandvård", "electricity": "El", "furniture": "Möbler",
                    "medical": "Läkarvård", "moving": "Flytt", "norm": "Riksnorm", "other": "Övrigt",
                    "rent": "Hyra"}},
    "providers": {
        "org_form": {"ab": "Aktiebolag", "ef": "Enskild firma", "hb": "Handelsbolag",
                     "ideell": "Ideell förening", "kommunal": "Kommun"},
        "reimbursement_model": {"appropriation": "Anslag", "granted": "Beviljad", "level": "Nivå",
                                "performed": "Utförd"}},
}
