"""What must never happen with certificates."""


class CertificateError(ArithmeticError):
    """Certificates do not add up; the program is wrong, and nothing may be booked."""
