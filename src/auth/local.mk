noinst_LIBRARIES += %D%/libauth.a
%C%_libauth_a_SOURCES = %D%/cookie.c %D%/cookie.h %D%/seal.c %D%/seal.h
